import LuaBridge
import XCTest

@testable import Multiprocessing

final class TableCodecTests: CodecTestCase {
    func testTablesOfEveryShapeArrive() throws {
        let tables = [
            "{}", "{1, 2, 3}", "{{}, {}, {}}", "{a = 1}", "{[0] = 1, 2}", "{[-1] = 1}",
            "{[1] = 'a', [3] = 'c'}", "{n = 3, nil, 2}",
            "{1, 2, x = 3}", "{[2] = 2, [1] = 1}", "{[2^53] = 1}", "{[1.5] = 1, [true] = 2, [false] = 3}",
            "{1, '1', 1.0}",
            "{['1'] = 1}", "{1, ['2'] = 2}", "{[math.mininteger] = 1, [math.maxinteger] = 2}",
            "{true, false, 1.5, 'x', {1}}",
            "{{1}, 2}", "{1, {2}, 3, {4}, 5}", "{['a'] = {b = {c = {}}}}", "{[1] = 1, [2] = 2, [4] = 4}",
            "{1, 2, nil, 4}",
            "{'x', nil, nil, nil, 'y'}",
        ]
        for table in tables { try assertCrosses(table) }
    }

    func testArraysBuiltInAnyOrderAreArrays() throws {
        let builders = [
            "local t = {} for i = 1, 10 do t[i] = i end return t",
            "local t = {} for i = 10, 1, -1 do t[i] = i end return t",
            "local t = {a = 1, b = 2, c = 3} for i = 1, 10 do t[i] = i end t.a, t.b, t.c = nil return t",
            "local t = table.move({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, 10, 1, {[10] = 0}) return t",
            "local t = {} for i = 1, 20 do t[i] = i end for i = 20, 11, -1 do t[i] = nil end return t",
        ]
        for builder in builders {
            XCTAssertEqual(try encoded(builder), [0x9a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], builder)
        }
    }

    func testTablesWithHolesOrStrangersAreMaps() throws {
        for table in [
            "{[1] = 1, [3] = 3}", "{1, 2, x = 1}", "{[0] = 0, 1}", "{1, ['2'] = 2}", "{[1] = 1, [2.5] = 2}",
        ] {
            XCTAssertEqual(try encoded(table)[0] & 0xf0, 0x80, table)
        }
        // A border with a hole before it, and a digit string where the position is missing.
        try assertCrosses("local t = {} t[4] = 4 t[2] = 2 t[1] = 1 t['3'] = 'three' return t")
    }

    func testRandomTablesArrive() throws {
        try run(
            """
            function random_table(depth)
                local t = {}
                for _ = 1, math.random(0, 12) do
                    local k = math.random(4)
                    if k == 1 then k = math.random(8) elseif k == 2 then k = math.random(-3, 20)
                    elseif k == 3 then k = tostring(math.random(5)) else k = math.random() end
                    local v = math.random(5)
                    if v == 1 and depth < 4 then t[k] = random_table(depth + 1) elseif v == 2 then t[k] = nil
                    elseif v == 3 then t[k] = tostring(v) elseif v == 4 then t[k] = math.random() else t[k] = v end
                end
                return t
            end
            """)
        for _ in 0..<3000 { try assertCrosses("random_table(0)") }
    }

    func testHeadersOfEverySize() throws {
        for count in [15, 16, 17, 65535, 65536] {
            try assertCrosses("local t = {} for i = 1, \(count) do t[i] = i end return t")
            try assertCrosses("local t = {} for i = 1, \(count) do t['k' .. i] = i end return t")
        }
    }

    func testLargeMapsInLargeMapsArriveWithTheirLongStrings() throws {
        try assertCrosses(
            """
            local function large(inner)
                local t = {}
                for i = 1, 20 do t['k' .. i] = ('x'):rep(20000 + i) end
                t.inner = inner
                return t
            end
            return {large(large(large())), large()}
            """)
    }

    func testAThousandLevelsArriveAndTheLimitIsAnError() throws {
        try run(
            "function nested(levels, key) local t = {} for _ = 2, levels do t = {[key] = t} end return t end")
        // `same` recurses, which Lua bounds; so count.
        let depth = "(function() local n = 0 repeat n = n + 1 b = b[next(b)] until not b return n end)()"
        for key in ["1", "'k'"] {
            try assertCrosses("nested(1000, \(key))", "\(depth) == 1000")
            try assertCrosses("nested(\(CodecLimits.depth), \(key))", "\(depth) == \(CodecLimits.depth)")
            XCTAssertThrowsError(try encoded("nested(\(CodecLimits.depth + 1), \(key))")) { error in
                let text =
                    "SerializationError: cannot send tables nested more than 10000 levels deep (at value"
                XCTAssertTrue("\(error)".hasPrefix(text), "\(error)")
                XCTAssertLessThan("\(error)".count, 200)
            }
            XCTAssertThrowsError(try encoded("nested(2000000, \(key))"))
        }
        assertMalformed(Array(repeating: 0x91, count: 1_000_000), "nested more than 10000 levels deep")
        assertMalformed(
            Array(repeating: [0x81, 1], count: 500_000).flatMap { $0 }, "nested more than 10000 levels deep")
    }

    func testTheCollectorIsLeftAsItWas() throws {
        for state in ["stop", "restart"] {
            try run("collectgarbage '\(state)'")
            try assertCrosses("{1, {2}, x = 'y'}")
            try assertCrosses("function() return same end", "type(b()) == 'function'")
            XCTAssertThrowsError(try encoded("{coroutine.create(print)}"))
            assertMalformed([0x92, 1])
            XCTAssertEqual(lua.isCollectorRunning, state == "restart")
        }
    }

    func testNoMetamethodRuns() throws {
        try run(
            """
            touched = false
            local function touch() touched = true end
            Proxy = {__index = touch, __newindex = touch, __len = touch, __pairs = touch, __eq = touch, __call = touch, __tostring = touch}
            """)
        try push("Proxy")
        try ClassRegistry.register(lua, "Proxy", metatableAt: -1)
        lua.pop()
        try assertCrosses("setmetatable({1, 2, x = {}}, Proxy)", "rawlen(b) == 2 and not touched")
    }

    func testMessagesCanBeCollectedAndTakenBack() throws {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        try push("{'one', {('x'):rep(30000)}, coroutine.create(print), {2}}")
        for index in 1...4 {
            lua.rawGet(Int64(index), at: 1)
            do throws(LuaFault) { try encoder.encode(lua, at: -1) } catch { lua.pop() }
            lua.pop()
        }
        XCTAssertEqual(encoder.count, 3)
        XCTAssertEqual(encoder.plainBytes(at: 0).map(Array.init), [0xa3] + Array("one".utf8))
        XCTAssertNil(encoder.plainBytes(at: 1))
        encoder.withMessage(at: 1) { XCTAssertEqual($0.pieces.map(\.count), [4, 30000]) }
        XCTAssertEqual(encoder.plainBytes(at: 2).map(Array.init), [0x91, 2])
        lua.pop()
    }

    func testLongStringsStayAliveWhileMessagesReferToThem() throws {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        try push("box = {('x'):rep(50000), ('y'):rep(50000) .. 'z'}; return box")
        try encoder.encode(lua, at: -1)
        try run(
            "box[1] = nil; box[2] = nil; collectgarbage() collectgarbage() for i = 1, 100 do local s = ('q'):rep(50000 + i) end"
        )
        encoder.withMessage { message in
            XCTAssertEqual(message.count, 1 + 3 + 50000 + 3 + 50001)
            XCTAssertTrue(message.pieces[1].allSatisfy { $0 == UInt8(ascii: "x") })
            XCTAssertTrue(message.pieces[3].dropLast().allSatisfy { $0 == UInt8(ascii: "y") })
        }
        lua.pop()
    }

    func testEncodersNest() throws {
        let outer = Encoder.take()
        try push("'outer'")
        try outer.encode(lua, at: -1)
        XCTAssertEqual(try encoded("{'inner'}").count, 7)
        outer.withMessage { XCTAssertEqual($0.count, 6) }
        outer.giveBack()
        lua.pop()
    }
}
