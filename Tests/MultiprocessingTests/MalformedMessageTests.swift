import LuaBridge
import XCTest

@testable import Multiprocessing

final class MalformedMessageTests: CodecTestCase {
    /// One message of every form.
    private func samples() throws -> [[UInt8]] {
        try run("Account = {} Shared = {1}")
        try push("Account")
        try ClassRegistry.register(lua, "Account", metatableAt: -1)
        lua.pop()
        return try [
            "nil", "1", "200", "-200", "70000", "1 << 40", "1.5", "'text'", "('x'):rep(40)", "('x'):rep(300)",
            "('\\xff'):rep(300)",
            "{1, 2, {3}}", "{a = 1, b = {c = 'd'}}", "local t = {} for i = 1, 20 do t[i] = i end return t",
            "local t = {} for i = 1, 20 do t['k' .. i] = i end return t", "{Shared, Shared, {x = Shared}}",
            "setmetatable({1, a = 2}, Account)",
            "setmetatable({}, Account)", "_G", "string", "Account", "io.stdout", "print", "string.format",
            "local n, s = 0, Shared return {function() n = n + 1 return s end, function() return n, s end}",
            "local function f() return f end return f",
            "{[{1}] = {2}}",
        ].map { try encoded($0) }
    }

    func testEveryTruncationIsAnError() throws {
        for bytes in try samples() {
            for length in 0..<bytes.count {
                XCTAssertThrowsError(try decode(Array(bytes[..<length])), "\(bytes) cut to \(length)")
                lua.top = 0
            }
            XCTAssertThrowsError(try decode(bytes + [0xc0]), "something follows")
            lua.top = 0
        }
    }

    func testEveryChangedByteIsAValueOrAnError() throws {
        for bytes in try samples() {
            for index in bytes.indices {
                for value in UInt8.min...UInt8.max {
                    var changed = bytes
                    changed[index] = value
                    try? decode(changed)
                    lua.top = 0
                }
            }
        }
        try run("collectgarbage()")
        try assertCrosses("{1, {2}}")
    }

    func testRandomBytesAreAValueOrAnError() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                // Mostly small numbers: extension types, lengths, fixarrays.
                Bool.random()
                    ? UInt8.random(in: 0...255, using: &generator)
                    : [1, 2, 3, 4, 5, 6, 7, 8, 0x91, 0x81, 0xc7, 0xd4, 0xd5].randomElement()!
            }
            try? decode(bytes)
            lua.top = 0
        }
    }

    func testLengthsThatPromiseTooMuchDoNotAllocate() throws {
        let before = runtime.bytesInUse
        for bytes: [UInt8] in [
            [0xdd, 255, 255, 255, 255], [0xdf, 255, 255, 255, 255], [0xdb, 255, 255, 255, 255],
            [0xc6, 255, 255, 255, 255],
            [0xc9, 255, 255, 255, 255, 1], [0xdc, 255, 255, 1], [0xde, 255, 255, 1, 1],
        ] { assertMalformed(bytes, "it ends too early") }
        // Each level promises all that is left.
        var nested: [UInt8] = []
        for _ in 0..<9000 { nested += [0xdd, 0, 0, 0xff, 0xff] }
        assertMalformed(nested + Array(repeating: 0xc0, count: 100_000), "it ends too early")
        XCTAssertLessThan(runtime.bytesInUse - before, 64 << 20)
    }

    func testWhatHasNoCounterpartIsNamed() {
        assertMalformed([], "it ends too early")
        assertMalformed([0xc1], "the byte 0xc1, which begins no value")
        assertMalformed([0xcf, 255, 255, 255, 255, 255, 255, 255, 255], "integer out of range")
        assertMalformed([0xd6, 0xff, 0, 0, 0, 0], "a timestamp, which has no counterpart in Lua")
        assertMalformed([0xd4, 42, 0], "extension type 42, which has no counterpart in Lua")
        assertMalformed([0xd4, 0xd6, 0], "extension type -42, which has no counterpart in Lua")
        assertMalformed([0x81, 0xc0, 1], "a key that is nil or NaN")
        assertMalformed([0x81, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, 1], "a key that is nil or NaN")
        assertMalformed([1, 2], "something follows the value")
        assertMalformed([0xa1, 0x61, 2], "something follows the value")
        assertMalformed([0xd4, 7, 0x5a], "a name of an unknown kind")
        assertMalformed([0xc7, 0, 7], "a name of an unknown kind")
    }
}
