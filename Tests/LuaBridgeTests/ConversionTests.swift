import LuaBridge
import XCTest

private struct Point: LuaConvertible, Equatable {
    var x, y: Int

    static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Point {
        Point(x: try lua.readField("x", of: index), y: try lua.readField("y", of: index))
    }

    func push(to lua: Lua) {
        lua.createTable(fields: 2)
        lua.writeField("x", x)
        lua.writeField("y", y)
    }
}

/// What passes between Swift and Lua, and what does not.
final class ConversionTests: LuaTestCase {
    /// Pushes a value, reads it back and compares.
    private func assertCrosses<Value: LuaConvertible & Equatable>(
        _ value: Value, as type: LuaType, line: UInt = #line
    ) throws {
        let lua = makeHost().lua
        value.push(to: lua)
        XCTAssertEqual(lua.top, 1, line: line)
        XCTAssertEqual(lua.type(at: 1), type, line: line)
        XCTAssertEqual(try Value.read(lua, at: 1), value, line: line)
        XCTAssertEqual(try Value.read(lua, at: -1), value, line: line)
        XCTAssertEqual(lua.top, 1, "reading leaves the stack as it was", line: line)
    }

    /// Reads the value of a Lua expression as a type that it is not.
    private func assertRefused<Value: LuaConvertible>(
        _ expression: String, as type: Value.Type, _ message: String, line: UInt = #line
    ) {
        let lua = makeHost().lua
        XCTAssertEqual(lua.load("return \(expression)", name: "=test"), .ok, line: line)
        XCTAssertEqual(lua.protectedCall(arguments: 0, results: 1), .ok, line: line)
        XCTAssertThrowsError(try Value.read(lua, at: -1), line: line) { error in
            XCTAssertEqual("\(error)", message, line: line)
        }
        XCTAssertEqual(lua.top, 1, "reading leaves the stack as it was", line: line)
    }

    func testValuesArriveAsTheyWereSent() throws {
        try assertCrosses(true, as: .boolean)
        try assertCrosses(Int.min, as: .number)
        try assertCrosses(Int64.max, as: .number)
        try assertCrosses(Int32.min, as: .number)
        try assertCrosses(-0.5, as: .number)
        try assertCrosses("naïve\0text", as: .string)
        try assertCrosses(LuaBytes([0xff, 0, 0x80]), as: .string)
        try assertCrosses(Int?.none, as: .nil)
        try assertCrosses(Int?.some(7), as: .number)
        try assertCrosses([[1, 2], [], [3]], as: .table)
        try assertCrosses(["one": [1.0], "two": [2.0, 2.5]], as: .table)
        try assertCrosses([Point(x: 1, y: 2), Point(x: 3, y: 4)], as: .table)
    }

    func testNumbersKeepTheirSubtype() {
        let lua = makeHost().lua
        (2.0).push(to: lua)
        2.push(to: lua)
        XCTAssertFalse(lua.isInteger(at: 1))
        XCTAssertTrue(lua.isInteger(at: 2))
        XCTAssertEqual(try Int.read(lua, at: 1), 2)
        XCTAssertEqual(try Double.read(lua, at: 2), 2)
    }

    func testNothingIsConverted() {
        assertRefused("'12'", as: Int.self, "number expected, got string")
        assertRefused("12", as: String.self, "string expected, got number")
        assertRefused("nil", as: Bool.self, "boolean expected, got nil")
        assertRefused("1.5", as: Int.self, "integer expected, got 1.5")
        assertRefused("1 << 40", as: Int32.self, "integer of 32 bits expected, got 1099511627776")
        assertRefused("io.stdout", as: Double?.self, "number expected, got FILE*")
        assertRefused("'list'", as: [Int].self, "table expected, got string")
    }

    func testMismatchesTellTheirPlace() {
        assertRefused("{1, 2, 'x'}", as: [Int].self, "number expected, got string at [3]")
        assertRefused("{a = {1, {}}}", as: [String: [Int]].self, "number expected, got table at .a[2]")
        assertRefused("{{x = 1, y = 2}, {x = 1}}", as: [Point].self, "number expected, got nil at [2].y")
        assertRefused("{[1] = true}", as: [String: Bool].self, "string as key expected, got number")
        assertRefused("7", as: Point.self, "table expected, got number")
    }

    func testMissingArgumentIsNil() throws {
        let lua = makeHost().lua
        XCTAssertNil(try Int?.read(lua, at: 3))
        XCTAssertThrowsError(try Int.read(lua, at: 3)) { error in
            XCTAssertEqual("\(error)", "number expected, got no value")
        }
    }
}
