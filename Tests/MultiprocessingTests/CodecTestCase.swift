import InterProcess
import LuaBridge
import XCTest

@testable import Multiprocessing

/// A Lua state, and messages as arrays of bytes.
class CodecTestCase: XCTestCase {
    private(set) var runtime: LuaRuntime!
    var lua: Lua { runtime.lua }

    override func setUpWithError() throws {
        // Bytecode lives in shared memory. Nothing here forks.
        try Family.begin()
        runtime = try LuaRuntime(programName: "test")
        try runtime.openLibraries()
        // Deep equality, as it has to be where nothing is shared.
        try run(
            """
            function same(a, b)
                if math.type(a) ~= math.type(b) or type(a) ~= type(b) then return false end
                if type(a) ~= "table" then
                    return a == b and (a ~= 0 or 1 / a == 1 / b) or (a ~= a and b ~= b)
                end
                for k, v in next, a do if not same(v, rawget(b, k)) then return false end end
                for k in next, b do if rawget(a, k) == nil then return false end end
                return true
            end
            """)
        XCTAssertEqual(lua.top, 0)
    }

    override func tearDown() {
        XCTAssertEqual(lua.top, 0, "the test left something on the stack")
        KnownTables.invalidate()
        runtime.close()
        runtime = nil
    }

    // MARK: Lua

    /// Runs a chunk; what it returns stays on the stack, `results` values.
    func run(_ source: String, results: Int32 = 0, arguments: Int32 = 0) throws {
        guard lua.load(source, name: "=test") == .ok else { throw Problem(text: popErrorText()) }
        lua.insert(at: -arguments - 1)
        guard lua.protectedCall(arguments: arguments, results: results) == .ok else {
            throw Problem(text: popErrorText())
        }
    }

    /// Pushes the value of an expression, or of a chunk that returns one.
    func push(_ expression: String) throws {
        let isExpression = lua.load("return \(expression)", name: "=test") == .ok
        lua.pop()
        try run(isExpression ? "return \(expression)" : expression, results: 1)
    }

    struct Problem: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    private func popErrorText() -> String {
        defer { lua.pop() }
        return lua.errorText(at: -1)
    }

    // MARK: Messages

    /// The message for the value on top of the stack, which stays.
    func encodeTop(root: EncodingRoot = "value") throws -> [UInt8] {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        let top = lua.top
        do throws(LuaFault) {
            try encoder.encode(lua, at: -1, root: root)
        } catch {
            XCTAssertEqual(lua.top, top + 1, "a failed encoding leaves the error and nothing else")
            throw Problem(text: popErrorText())
        }
        XCTAssertEqual(lua.top, top, "encoding leaves the stack as it was")
        return encoder.withMessage { message in
            let bytes = Array(message.pieces.joined())
            XCTAssertEqual(bytes.count, message.count)
            return bytes
        }
    }

    func encoded(_ expression: String, root: EncodingRoot = "value") throws -> [UInt8] {
        try push(expression)
        defer { lua.pop() }
        return try encodeTop(root: root)
    }

    /// Pushes the value of a message.
    func decode(_ bytes: [UInt8]) throws {
        let top = lua.top
        // In a block of its own size, so that an address sanitizer sees every byte too far.
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { exact.deallocate() }
        exact.copyBytes(from: bytes)
        do throws(LuaFault) {
            try Decoder.decode(lua, UnsafeRawBufferPointer(exact))
        } catch {
            XCTAssertEqual(lua.top, top + 1, "a failed decoding leaves the error and nothing else")
            XCTAssertTrue(ErrorObject.isErrorObject(lua, at: -1), "an error object")
            throw Problem(text: popErrorText())
        }
        XCTAssertEqual(lua.top, top + 1, "decoding pushes one value")
    }

    /// Sends a value through a message, and checks it: `check` is an expression over `a`, what was sent, and `b`, what
    /// arrived.
    func assertCrosses(
        _ expression: String, _ check: String = "same(a, b)", file: StaticString = #filePath,
        line: UInt = #line
    ) throws {
        try push(expression)
        let bytes = try encodeTop()
        try decode(bytes)
        try run("local a, b = ...; return \(check)", results: 1, arguments: 2)
        XCTAssertTrue(lua.isTruthy(at: -1), "\(expression) did not arrive: \(check)", file: file, line: line)
        lua.pop()
    }

    func assertRefused(
        _ expression: String, _ message: String, root: EncodingRoot = "value", file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertThrowsError(try encoded(expression, root: root), file: file, line: line) { error in
            XCTAssertEqual("\(error)", "SerializationError: \(message)", file: file, line: line)
        }
        lua.top = 0
    }

    func assertMalformed(
        _ bytes: [UInt8], _ message: String = "", file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertThrowsError(try decode(bytes), file: file, line: line) { error in
            XCTAssertTrue(
                "\(error)".hasPrefix("SerializationError: malformed message: \(message)"), "\(error)",
                file: file,
                line: line)
        }
        lua.top = 0
    }
}
