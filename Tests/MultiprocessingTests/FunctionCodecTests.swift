import LuaBridge
import XCTest

@testable import Multiprocessing

final class FunctionCodecTests: CodecTestCase {
    func testFunctionsArriveWithTheirUpvalues() throws {
        try assertCrosses("function(x) return 2 * x end", "b(21) == 42 and b ~= a")
        try assertCrosses(
            "local n = 10 return function() n = n + 1 return n end", "b() == 11 and b() == 12 and a() == 11")
        try assertCrosses(
            "local t = {x = {1}} return function() return t end", "b().x[1] == 1 and b() ~= a()")
        try assertCrosses(
            "local a, b, c = 1, nil, 'x' return function() return a, b, c end",
            "select('#', b()) == 3 and b() == 1")
        try assertCrosses("{f = function() return 1 end}", "b.f() == 1")
    }

    func testRecursiveFunctions() throws {
        try assertCrosses(
            "local function f(n) return n < 2 and 1 or n * f(n - 1) end return f", "b(10) == 3628800")
        try assertCrosses(
            "local odd, even function odd(n) return n ~= 0 and even(n - 1) end function even(n) return n == 0 or odd(n - 1) end return {odd, even}",
            "b[1](7) and b[2](8) and not b[1](8)")
    }

    func testSharedUpvaluesStayShared() throws {
        try assertCrosses(
            "local n = 0 return {function() n = n + 1 end, function() return n end}",
            "(function() b[1]() b[1]() return b[2]() end)() == 2 and a[2]() == 0")
        // The variable is shared, not only the table in it.
        try assertCrosses(
            "local t = {} return {function() t = {5} end, function() return t[1] end, function() return t end}",
            "(function() local before = b[3]() b[1]() return b[2]() == 5 and b[3]() ~= before end)()")
        // The same table in two variables.
        try assertCrosses(
            "local t = {} local u = t return {function() return t end, function() return u end}",
            "b[1]() == b[2]()")
        try assertCrosses(
            "local x, y, z = 1, 2, 3 return {function() return x, y end, function() return y, z end, function(v) y = v end}",
            "(function() b[3](7) local _, y1 = b[1]() return y1 == 7 and b[2]() == 7 end)()")
    }

    func testGlobalsBecomeTheReceiversOwn() throws {
        try assertCrosses("function() return who end", "(function() who = 'me' return b() == 'me' end)()")
        XCTAssertEqual(try encoded("_G"), [0xd4, 7, 0x47])
        try assertCrosses("_G", "b == _G")
        // Another environment is a table like any other.
        try assertCrosses("local _ENV = {who = 'copied'} return function() return who end", "b() == 'copied'")
    }

    func testFunctionsKeepTheirLines() throws {
        try assertCrosses("\n\nreturn function() error 'here' end", "select(2, pcall(b)) == 'test:3: here'")
    }

    func testTheSameFunctionIsSentAgain() throws {
        try run("f = function() return 7 end")
        let first = try encoded("f")
        XCTAssertEqual(try encoded("f"), first)
        try assertCrosses("f", "b() == 7")
        try assertCrosses("{f, f}", "b[1] == b[2]")
    }

    func testModulesAndCFunctionsGoByName() throws {
        XCTAssertEqual(try encoded("string"), [0xc7, 7, 7, 0x4d] + Array("string".utf8))
        for value in [
            "string", "io", "package", "package.loaded._G", "print", "string.format", "math.floor",
            "table.insert",
        ] {
            try assertCrosses(value, "a == b")
        }
        try assertCrosses(
            "{string, string, string.upper}", "b[1] == string and b[2] == string and b[3] == string.upper")
        try assertCrosses(
            "{io.stdout, io.stderr, x = io.stdin}",
            "b[1] == io.stdout and b[2] == io.stderr and b.x == io.stdin")
        try assertCrosses(
            "local insert = table.insert return function(t) insert(t, 1) return t end", "b({})[1] == 1")
    }

    func testModulesLoadedLaterAreKnown() throws {
        try assertCrosses("{}")
        try run("package.preload.late = function() return {answer = 42} end late = require 'late'")
        try assertCrosses("late", "a == b")
        try run("package.loaded.late = nil")
        try assertCrosses("late", "a ~= b and b.answer == 42")
        try run("package.loaded.late = late")
        try assertCrosses("late", "a == b")
    }

    func testMissingModulesAreRequired() throws {
        try run("package.preload.m = function() collectgarbage() return {answer = 42} end")
        try decode(Array([0x92, 0xc7, 2, 7] + Array("Mm".utf8) + [0xd4, 1].prefix(0) + [1]))
        try run(
            "local t = ... return t[1] == package.loaded.m and t[1].answer == 42 and t[2] == 1", results: 1,
            arguments: 1)
        XCTAssertTrue(lua.isTruthy(at: -1))
        lua.pop()
        for (chunk, reason) in [("error 'broken'", "broken"), ("error({})", "error object is a table")] {
            try run("package.preload.bad = function() \(chunk) end")
            XCTAssertThrowsError(try decode([0xc7, 4, 7] + Array("Mbad".utf8))) { error in
                XCTAssertTrue(
                    "\(error)".contains("cannot load the module 'bad' of the message: "), "\(error)")
                XCTAssertTrue("\(error)".contains(reason), "\(error)")
            }
        }
    }

    func testCFunctionsOfMissingModules() throws {
        try run("package.preload.cmod = function() return {f = print} end")
        let bytes: [UInt8] = [0xc7, 7, 5, 0xa4] + Array("cmod".utf8) + [0xa1, 0x66]
        try decode(bytes)
        try run("return ... == print", results: 1, arguments: 1)
        XCTAssertTrue(lua.isTruthy(at: -1))
        lua.pop()
        XCTAssertThrowsError(try decode([0xc7, 7, 5, 0xa4] + Array("cmod".utf8) + [0xa1, 0x67])) { error in
            XCTAssertEqual("\(error)", "SerializationError: there is no function 'cmod.g' in this process")
        }
    }

    func testBytecodeIsNeverTakenFromTheMessage() throws {
        assertMalformed([0xd4, 4, 0], "a function without code")
        assertMalformed([0xd5, 4, 0, 0], "a function whose code is not in this family's shared memory")
        for id in [UInt64(1), 64, 1 << 20, 1 << 40, .max >> 1] {
            var bytes: [UInt8] = [0xc7, 10, 4, 0xcf]
            withUnsafeBytes(of: id.bigEndian) { bytes += $0 }
            assertMalformed(bytes + [0], "a function whose code is not in this family's shared memory")
        }
    }

    func testTheNumberOfUpvaluesIsChecked() throws {
        let bytes = try encoded("local x = 5 return function() return x end")
        let count = bytes.count - 2
        XCTAssertEqual(Array(bytes[count...]), [1, 5])
        assertMalformed(Array(bytes[..<count]).withLength(-2) + [0], "")
        assertMalformed(
            Array(bytes[..<count]).withLength(1) + [2, 5, 5], "a function with the wrong number of upvalues")
        assertMalformed(
            Array(bytes[..<count]).withLength(-1) + [0], "a function with the wrong number of upvalues")
    }
}

extension [UInt8] {
    /// The same with the length of the extension that it begins with changed.
    fileprivate func withLength(_ change: Int) -> [UInt8] {
        var bytes = self
        bytes[4] = UInt8(Int(bytes[4]) + change)
        return bytes
    }
}
