import LuaBridge
import XCTest

private struct Counter {
    var value: Int64
    var step: Int64
}

/// Which payloads were finalised, in order.
nonisolated(unsafe) private var finalized: [Int64] = []

private enum Counters {
    static let type: LuaClass<Counter> = LuaClass(
        "Counter",
        methods: [
            LuaFunction("add") { Lua.run($0, add) },
            LuaFunction("same") { Lua.run($0, same) },
        ],
        getters: [LuaFunction("value") { Lua.run($0, value) }],
        setters: [
            LuaFunction("step") {
                Lua.run($0) { lua throws(LuaFault) in
                    guard let step = lua.integer(at: 3) else { throw .message("step must be an integer") }
                    try type.check(lua, at: 1).pointee.step = step
                    return 0
                }
            }
        ],
        metamethods: [
            LuaFunction("__tostring") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.push("<Counter \(try type.check(lua, at: 1).pointee.value)>")
                    return 1
                }
            },
            LuaFunction("__len") { Lua.run($0, value) },
            LuaFunction("__close") {
                Lua.run($0) { lua throws(LuaFault) in
                    try type.check(lua, at: 1).pointee.value = -1
                    return 0
                }
            },
        ],
        userValues: 1,
        finalizer: { _, payload in
            finalized.append(payload.assumingMemoryBound(to: Counter.self).pointee.value)
        })

    static func add(_ lua: Lua) throws(LuaFault) -> Int32 {
        let counter = try type.check(lua, at: 1)
        counter.pointee.value += try lua.optionalInteger(at: 2) ?? counter.pointee.step
        lua.top = 1
        return 1
    }

    static func same(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try type.check(lua, at: 1) == type.check(lua, at: 2))
        return 1
    }

    static func value(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try type.check(lua, at: 1).pointee.value)
        return 1
    }

    static let constructor = LuaFunction("Counter") {
        Lua.run($0) { lua throws(LuaFault) in
            type.push(Counter(value: try lua.optionalInteger(at: 1) ?? 0, step: 1), to: lua)
            return 1
        }
    }
}

/// The same payload under another name, methods only.
private enum Boxes {
    static let type: LuaClass<Counter> = LuaClass("Box", methods: [LuaFunction("peek") { Lua.run($0, peek) }])

    static func peek(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try type.check(lua, at: 1).pointee.value)
        return 1
    }

    static let constructor = LuaFunction("Box") {
        Lua.run($0) { lua throws(LuaFault) in
            type.push(Counter(value: 8, step: 0), to: lua)
            return 1
        }
    }
}

/// Takes any key.
private enum Mirrors {
    static let type: LuaClass<Int64> = LuaClass(
        "Mirror",
        methods: [LuaFunction("method") { _ in 0 }],
        index: {
            Lua.run($0) { lua throws(LuaFault) in
                if lua.isString("fail", at: 2) { throw .message("no such thing") }
                lua.pushValue(at: 2)
                return 1
            }
        },
        newIndex: {
            Lua.run($0) { lua throws(LuaFault) in
                throw .message("\(try lua.displayString(at: 2)) = \(try lua.displayString(at: 3))")
            }
        })

    static let constructor = LuaFunction("Mirror") {
        Lua.run($0) { lua throws(LuaFault) in
            type.push(0, to: lua)
            return 1
        }
    }
}

final class ClassTests: LuaTestCase {
    private func makeClasses() -> Host {
        finalized = []
        return makeHost([Counters.constructor, Boxes.constructor, Mirrors.constructor])
    }

    func testMethodsPropertiesAndMetamethods() {
        let host = makeClasses()
        expect(
            host, "local c = Counter(5) c:add(2):add() return c.value, #c, tostring(c), c.nothing",
            "8 8 <Counter 8> nil")
        expect(host, "local c = Counter() c.step = 10 c:add() return c.value", "10")
        expect(host, "local c = Counter() do local x <close> = c end return c.value", "-1")
        expect(host, "return Box():peek()", "8")
        expect(
            host, "local c = Counter() return c.add == c.add, c:same(c), c:same(Counter())", "true true false"
        )
        expect(host, "local m = Mirror() return m.x, m[1], m.method == Mirror().method", "x 1 true")
    }

    func testAssignmentErrorsSayWhy() {
        let host = makeClasses()
        expect(host, "Counter().value = 1", "error: test.lua:1: Counter: 'value' is read-only")
        expect(host, "Counter().add = 1", "error: test.lua:1: Counter: 'add' is a method")
        expect(host, "Counter().vlaue = 1", "error: test.lua:1: Counter has no property 'vlaue'")
        expect(host, "Counter()[1] = 1", "error: test.lua:1: Counter has no numbered fields")
        expect(host, "Counter().step = 'x'", "error: test.lua:1: step must be an integer")
        expect(host, "Box().x = 1", "error: test.lua:1: Box has no property 'x'")
        expect(host, "Mirror().x = 1", "error: test.lua:1: x = 1")
        expect(host, "return Mirror().fail", "error: test.lua:1: no such thing")
    }

    func testForeignValuesAreRefused() {
        let host = makeClasses()
        expect(
            host, "Counter():same(Box())",
            "error: test.lua:1: bad argument #1 to 'same' (Counter expected, got Box)")
        expect(
            host, "Counter().add({})",
            "error: test.lua:1: bad argument #1 to 'add' (Counter expected, got table; "
                + "did you mean c:add()?)")
        expect(
            host, "Counter().add()",
            "error: test.lua:1: bad argument #1 to 'add' (Counter expected, got no value; "
                + "did you mean c:add()?)")
        expect(
            host, "local f = Counter().add; f()",
            "error: test.lua:1: bad argument #1 to 'f' (Counter expected, got no value)")
        expect(
            host, "local b = {add = Counter().add}; b:add()",
            "error: test.lua:1: calling 'add' on bad self (Counter expected, got table)")
        expect(
            host, "return select(2, pcall(Counter().add, io.stdout))",
            "bad argument #1 to '?' (Counter expected, got FILE*)")
    }

    func testFakesAreRefused() {
        let host = makeClasses()
        let add = "local add, mt = Counter().add, debug.getmetatable(Counter()) "
        for fake in [
            "setmetatable({}, {__name = 'Counter'})", "debug.setmetatable(Box(), mt)",
            "debug.setmetatable(io.tmpfile(), mt)",
            "debug.setmetatable({}, mt)", "debug.setmetatable(Mirror(), mt)", "'text'", "12", "print",
            "debug.upvalueid(function() return add end, 1)",
        ] {
            let result = host.run(add + "return pcall(add, \(fake))")
            XCTAssertTrue(
                result.hasPrefix("false bad argument #1 to '?' (Counter expected"), "\(fake): \(result)")
        }
        // Whatever metatable it is given, a Counter remains one, and becomes nothing else.
        expect(
            host, add + "return (pcall(add, debug.setmetatable(Counter(), debug.getmetatable(Box()))))",
            "true")
        // A light userdata with the metatable: its pointer must not be followed.
        expect(
            host,
            add + """
                local light = debug.upvalueid(function() return add end, 1)
                debug.setmetatable(light, mt)
                local ok = pcall(add, light)
                debug.setmetatable(light, nil)
                return ok
                """, "false")
    }

    func testMetatableIsOutOfReach() {
        let host = makeClasses()
        expect(
            host,
            "local shown = getmetatable(Counter()) return shown.__name, shown.__index, Counter().add ~= nil",
            "Counter nil true")
    }

    func testFinalizerRunsOnce() {
        let host = makeClasses()
        expect(
            host,
            """
            local c = Counter(1)
            local gc = debug.getmetatable(c).__gc
            gc(c) gc(c) gc() gc({}) gc(Box())
            return select(2, pcall(c.add, c))
            """, "bad argument #1 to '?' (Counter expected, got a Counter that was collected already)")
        expect(host, "collectgarbage()", "")
        XCTAssertEqual(finalized, [1])
        expect(host, "Counter(2) collectgarbage()", "")
        XCTAssertEqual(finalized, [1, 2])
    }

    func testUseAfterFinalizationIsAnError() {
        let host = makeClasses()
        expect(
            host,
            """
            local kept, message = Counter(3)
            setmetatable({kept}, {__gc = function(t) later = t[1] end})  -- marked later, so finalised earlier
            kept = nil
            collectgarbage()
            return pcall(later.add, later)
            """, "false bad argument #1 to '?' (Counter expected, got a Counter that was collected already)")
        XCTAssertEqual(finalized, [3])
    }

    func testClosingFinalizesEverything() {
        let host = makeClasses()
        expect(host, "a, b = Counter(1), Counter(2)", "")
        host.runtime.close()
        host.runtime.close()
        XCTAssertEqual(finalized.sorted(), [1, 2])
    }

    func testUserValues() {
        let host = makeClasses()
        let lua = host.lua
        Counters.type.push(Counter(value: 1, step: 1), to: lua)
        lua.push("kept")
        XCTAssertTrue(lua.setUserValue(1, at: 1))
        XCTAssertEqual(lua.getUserValue(1, at: 1), .string)
        XCTAssertNotNil(Counters.type.object(lua, at: 1))
        XCTAssertNil(Boxes.type.object(lua, at: 1))
        XCTAssertNil(Counters.type.object(lua, at: 2))
        lua.top = 0
    }

    func testEachStateHasItsOwnClasses() {
        let first = makeClasses()
        let second = makeHost([Counters.constructor])
        expect(first, "return Counter(1).value", "1")
        expect(second, "return Counter(2).value", "2")
    }
}
