import LuaBridge
import XCTest

final class OperationTests: LuaTestCase {
    /// Runs a chunk and leaves its results on the stack.
    private func results(_ host: Host, _ source: String) {
        XCTAssertEqual(host.lua.load(source, name: "=x"), .ok)
        XCTAssertEqual(host.lua.protectedCall(arguments: 0, results: Lua.allResults), .ok)
    }

    func testReadingIsExact() {
        let host = makeHost()
        let lua = host.lua
        results(host, "return 1, 2.0, 2.5, '10', 'h\\0i', true, nil, {}, math.huge, -0.0")
        XCTAssertEqual(lua.integer(at: 1), 1)
        XCTAssertEqual(lua.integer(at: 2), 2)
        XCTAssertNil(lua.integer(at: 3))
        XCTAssertNil(lua.integer(at: 4))
        XCTAssertNil(lua.number(at: 4))
        XCTAssertNil(lua.bytes(at: 1))
        XCTAssertEqual(lua.type(at: 1), .number)
        XCTAssertEqual(lua.bytes(at: 5).map(Array.init), [104, 0, 105])
        XCTAssertEqual(lua.string(at: 4), "10")
        XCTAssertEqual(lua.boolean(at: 6), true)
        XCTAssertNil(lua.boolean(at: 7))
        XCTAssertNil(lua.integer(at: 9))
        XCTAssertEqual(lua.number(at: 10)?.sign, .minus)
        XCTAssertTrue(lua.isInteger(at: 1))
        XCTAssertFalse(lua.isInteger(at: 2))
        XCTAssertEqual(lua.type(at: 11), .none)
        XCTAssertNotNil(lua.rawPointer(at: 8))
    }

    func testStackOperations() throws {
        let lua = makeHost().lua
        for value in 1...5 { lua.push(value) }
        lua.insert(at: 2)
        lua.remove(at: 1)
        lua.replace(at: 1)
        lua.copy(from: 1, to: 2)
        lua.rotate(from: 1, by: 1)
        XCTAssertEqual((1...lua.top).map { lua.integer(at: $0) }, [3, 4, 4])
        XCTAssertEqual(lua.absolute(-1), 3)
        XCTAssertTrue(lua.rawEqual(2, 3))
        try lua.ensureStack(1000)
        XCTAssertThrowsError(try lua.ensureStack(2_000_000))
    }

    func testRawSetRefusesBadKeys() {
        let lua = makeHost().lua
        lua.createTable(array: .max, fields: -1)
        lua.pushNil()
        lua.push(1)
        XCTAssertThrowsError(try lua.rawSet(at: 1)) {
            XCTAssertEqual("\($0)", "\(LuaFault.message("index is nil"))")
        }
        lua.top = 1
        lua.push(Double.nan)
        lua.push(1)
        XCTAssertThrowsError(try lua.rawSet(at: 1))
        lua.top = 1
        lua.push(2.0)
        lua.push(true)
        XCTAssertNoThrow(try lua.rawSet(at: 1))
        XCTAssertEqual(lua.rawGet(2, at: 1), .boolean)
        lua.push(false)
        lua.rawSet("name", at: 1)
        XCTAssertEqual(lua.rawGet("name", at: 1), .boolean)
        XCTAssertEqual(lua.rawGet("other", at: 1), .nil)
    }

    func testNextSurvivesChangesDuringTraversal() throws {
        let host = makeHost()
        let lua = host.lua
        results(host, "local t = {} for i = 1, 50 do t['k' .. i] = i end return t")
        var seen = 0
        lua.pushNil()
        while try lua.next(at: 1) {
            seen += 1
            lua.pop()
            lua.pushValue(at: -1)
            lua.pushNil()
            try lua.rawSet(at: 1)  // removing what was visited is allowed
        }
        XCTAssertEqual(seen, 50)
        XCTAssertEqual(lua.top, 1)

        lua.push("never was in there")
        XCTAssertThrowsError(try { while try lua.next(at: 1) { lua.pop() } }())
        XCTAssertEqual(lua.top, 1)
    }

    func testMetamethods() throws {
        let host = makeHost()
        let lua = host.lua
        results(
            host,
            """
            local mt = {__index = function(_, k) return k .. '!' end, __len = function() return 7 end,
              __eq = function() return true end, __lt = function() return true end,
              __newindex = function(t, k, v) rawset(t, k, v * 2) end, __tostring = function() return 'T' end}
            return setmetatable({}, mt), setmetatable({}, mt),
              setmetatable({}, {__index = function() error('no') end, __len = function() return 'x' end})
            """)
        try lua.get("field", at: 1)
        XCTAssertEqual(lua.string(at: -1), "field!")
        lua.pop()
        XCTAssertEqual(try lua.length(at: 1), 7)
        XCTAssertTrue(try lua.isEqual(1, 2))
        XCTAssertTrue(try lua.isLess(1, than: 2))
        XCTAssertEqual(try lua.displayString(at: 1), "T")
        lua.push(21)
        try lua.set("x", at: 1)
        XCTAssertEqual(lua.rawGet("x", at: 1), .number)
        XCTAssertEqual(lua.integer(at: -1), 42)
        lua.top = 3
        XCTAssertThrowsError(try lua.get("x", at: 3))
        XCTAssertEqual(lua.string(at: -1), "x:5: no")
        lua.top = 3
        XCTAssertThrowsError(try lua.length(at: 3))
        XCTAssertEqual(lua.top, 3)
    }

    func testPairs() throws {
        let host = makeHost()
        let lua = host.lua
        results(
            host,
            """
            return {10, 20, 30}, setmetatable({}, {__pairs = function()
              local n = 0
              return function() n = n + 1 if n < 5 then return n, n * n end end
            end}), setmetatable({}, {__pairs = function() error('no pairs') end})
            """)
        var sum: Int64 = 0
        for table in [Int32(1), 2] {
            try lua.forEachPair(at: table) { () throws(LuaFault) in
                sum += lua.integer(at: -1) ?? 0
                return true
            }
            XCTAssertEqual(lua.top, 3)
        }
        XCTAssertEqual(sum, 60 + 30)
        try lua.forEachPair(at: 1) { () throws(LuaFault) in false }
        XCTAssertEqual(lua.top, 3)
        XCTAssertThrowsError(try lua.forEachPair(at: 3) { () throws(LuaFault) in true })
    }

    func testGlobalsWithMetatable() throws {
        let host = makeHost()
        let lua = host.lua
        lua.push(1)
        try lua.setGlobal("one")
        try lua.getGlobal("one")
        XCTAssertEqual(lua.integer(at: -1), 1)
        lua.top = 0
        _ = host.run(
            "setmetatable(_G, {__newindex = function() error('strict') end, __index = function() error('strict') end})"
        )
        lua.push(2)
        XCTAssertThrowsError(try lua.setGlobal("two"))
        XCTAssertEqual(lua.string(at: -1), "test.lua:1: strict")
        XCTAssertEqual(lua.top, 1)
        XCTAssertThrowsError(try lua.getGlobal("two"))
        XCTAssertEqual(lua.top, 2)
    }

    func testFunctionsAsData() throws {
        let host = makeHost()
        let lua = host.lua
        results(
            host,
            """
            local shared, own = 1, 2
            return function() return shared end, function() shared = shared + 1 return shared, own end, print
            """)
        XCTAssertEqual(lua.upvalueIdentity(1, at: 1), lua.upvalueIdentity(1, at: 2))
        XCTAssertNotEqual(lua.upvalueIdentity(1, at: 1), lua.upvalueIdentity(2, at: 2))
        XCTAssertNil(lua.upvalueIdentity(3, at: 2))
        XCTAssertEqual(lua.getUpvalue(1, at: 1).map { String(cString: $0) }, "shared")
        lua.pop()
        XCTAssertNil(lua.getUpvalue(9, at: 1))
        lua.push(5)
        XCTAssertTrue(lua.setUpvalue(1, at: 1))
        XCTAssertTrue(lua.joinUpvalue(2, at: 2, to: 1, at: 1))
        XCTAssertFalse(lua.joinUpvalue(9, at: 2, to: 1, at: 1))
        XCTAssertFalse(lua.joinUpvalue(1, at: 3, to: 1, at: 1))
        XCTAssertTrue(lua.isCFunction(at: 3))
        XCTAssertNotNil(lua.cFunction(at: 3))
        XCTAssertNil(lua.dump())

        lua.pushValue(at: 2)
        let code = try XCTUnwrap(lua.dump())
        XCTAssertEqual(code.prefix(4), [0x1b, 0x4c, 0x75, 0x61])
        lua.pushValue(at: 2)
        XCTAssertLessThan(try XCTUnwrap(lua.dump(strip: true)).count, code.count)
        let status = code.withUnsafeBytes { lua.load($0, name: "=dumped", accepting: .bytecode) }
        XCTAssertEqual(status, .ok)
        let refused = code.withUnsafeBytes { lua.load($0, name: "=dumped", accepting: .text) }
        XCTAssertEqual(refused, .syntaxError)
    }

    func testUpvaluesOfSwiftFunctions() {
        let host = makeHost()
        host.lua.push("first")
        host.lua.push("second")
        host.lua.push(
            {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.pushValue(at: Lua.upvalue(2))
                    lua.pushValue(at: Lua.upvalue(1))
                    return 2
                }
            }, upvalues: 2)
        XCTAssertNoThrow(try host.lua.setGlobal("f"))
        expect(host, "return f()", "second first")
    }

    func testReferencesAndUserValues() {
        let lua = makeHost().lua
        lua.createTable()
        let table = lua.rawPointer(at: -1)
        let reference = lua.makeReference()
        lua.collectGarbage()
        XCTAssertEqual(lua.push(reference), .table)
        XCTAssertEqual(lua.rawPointer(at: -1), table)
        lua.release(reference)
        _ = lua.newUserdata(size: 10, userValues: 1)
        XCTAssertEqual(lua.rawLength(at: -1), 10)
        lua.push("kept")
        XCTAssertTrue(lua.setUserValue(1, at: -2))
        XCTAssertEqual(lua.getUserValue(1, at: -1), .string)
        XCTAssertEqual(lua.getUserValue(2, at: -2), .none)
    }

    func testContextAndPreload() throws {
        final class Box { var calls = 0 }
        let box = Box()
        let host = makeHost()
        host.runtime.context = box
        try host.lua.preload("mine") {
            Lua.run($0) { lua throws(LuaFault) in
                lua.context(as: Box.self).calls += 1
                lua.createTable()
                lua.push(42)
                lua.rawSet("answer", at: -2)
                return 1
            }
        }
        expect(host, "return require('mine').answer, require 'mine' == require 'mine'", "42 true")
        XCTAssertEqual(box.calls, 1)
        XCTAssertThrowsError(try makeHost(libraries: false).lua.preload("x") { _ in 0 })
    }
}
