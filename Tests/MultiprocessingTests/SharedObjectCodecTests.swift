import InterProcess
import LuaBridge
import XCTest

@testable import Multiprocessing

/// Userdata that stand for handles and descriptors, without the objects.
private enum Fakes: SharedObjectCoding, DescriptorCoding {
    static let queues = LuaClass<UInt64>("Queue", methods: [])
    static let connections = LuaClass<Int32>("Connection", methods: [])

    static func handle(_ lua: Lua, at index: Int32) -> Handle? {
        queues.object(lua, at: index).map { Handle(rawValue: $0.pointee) }
    }

    static func push(_ lua: Lua, _ handle: Handle) throws(LuaFault) -> Bool {
        if handle.rawValue == 666 { return false }
        queues.push(handle.rawValue, to: lua)
        return true
    }

    static func descriptor(_ lua: Lua, at index: Int32) throws(LuaFault) -> (descriptor: Int32, tag: UInt8)? {
        connections.object(lua, at: index).map { ($0.pointee, 3) }
    }

    static func push(_ lua: Lua, descriptor: Int32, tag: UInt8) throws(LuaFault) {
        XCTAssertEqual(tag, 3)
        connections.push(descriptor, to: lua)
    }
}

final class SharedObjectCodecTests: CodecTestCase {
    override func setUpWithError() throws {
        try super.setUpWithError()
        CodecHooks.sharedObjects = Fakes.self
        CodecHooks.descriptors = Fakes.self
        lua.push { state in
            Lua.run(state) { lua throws(LuaFault) in
                Fakes.queues.push(UInt64(try lua.checkInteger(at: 1)), to: lua)
                return 1
            }
        }
        try lua.setGlobal("queue")
        lua.push { state in
            Lua.run(state) { lua throws(LuaFault) in
                Fakes.connections.push(Int32(try lua.checkInteger(at: 1)), to: lua)
                return 1
            }
        }
        try lua.setGlobal("connection")
    }

    func testHandlesTravelAndAreListed() throws {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        try push("local q = queue(7) return {q, queue(8), q}")
        try encoder.encode(lua, at: -1)
        encoder.withMessage { message in
            XCTAssertEqual(message.handles, [Handle(rawValue: 7), Handle(rawValue: 8)])
        }
        XCTAssertNil(encoder.plainBytes())
        lua.pop()
        try assertCrosses("local q = queue(7) return {q, queue(8), q}", "b[1] == b[3] and b[1] ~= b[2]")
        try push("queue(9)")
        try decode(try encodeTop())
        XCTAssertEqual(Fakes.queues.object(lua, at: -1)?.pointee, 9)
        lua.pop(2)
    }

    func testStaleAndForeignHandlesAreValueErrors() throws {
        var foreign = try encoded("queue(7)")
        foreign[5] ^= 1
        XCTAssertThrowsError(try decode(foreign)) {
            XCTAssertEqual("\($0)", "ValueError: the shared object belongs to another family of processes")
        }
        XCTAssertThrowsError(try decode(try encoded("queue(666)"))) {
            XCTAssertEqual("\($0)", "ValueError: the shared object does not exist any more")
        }
        assertMalformed([0xc7, 0, 6], "a handle of 0 bytes")
        assertMalformed([0xd7, 6, 0, 0, 0, 0, 0, 0, 0, 0], "a handle of 8 bytes")
    }

    func testDescriptorsGoThroughConnectionsOnly() throws {
        assertRefused(
            "{connection(5)}",
            "cannot send a Connection (at value[1]); it can be sent through a Connection, or passed to the process at start()"
        )

        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        encoder.allowsDescriptors = true
        try push("local c = connection(5) return {c, connection(6), c}")
        try encoder.encode(lua, at: -1)
        XCTAssertEqual(Array(encoder.descriptors), [5, 6])
        let bytes = encoder.withMessage { Array($0.pieces.joined()) }
        lua.pop()

        var received: [Int32] = [50, 60, 70]
        try received.withUnsafeMutableBufferPointer { received in
            try bytes.withUnsafeBytes { try Decoder.decode(lua, $0, descriptors: received) }
        }
        XCTAssertEqual(received, [-1, -1, 70])
        try run("local t = ... return t[1] == t[3] and t[1] ~= t[2]", results: 1, arguments: 1)
        XCTAssertTrue(lua.isTruthy(at: -1))
        lua.pop()

        // Each descriptor has one owner, and those that did not come cannot be had.
        assertMalformed(bytes, "a descriptor that did not come with it")
        var two: [Int32] = [50, 60]
        try two.withUnsafeMutableBufferPointer { two in
            XCTAssertThrowsError(
                try ([0x92, 0xd5, 8, 0, 3, 0xd5, 8, 0, 3] as [UInt8]).withUnsafeBytes {
                    try Decoder.decode(lua, $0, descriptors: two)
                })
        }
        XCTAssertEqual(two, [-1, 60])
        lua.pop()
    }
}
