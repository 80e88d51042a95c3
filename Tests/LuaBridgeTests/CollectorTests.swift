import LuaBridge
import XCTest

private struct Block { var size: Int }

private let blocks: LuaClass<Block> = LuaClass(
    "Block", methods: [LuaFunction("size") { Lua.run($0, size) }], finalizer: { _, _ in finalizations += 1 })

nonisolated(unsafe) private var finalizations = 0

private func size(_ lua: Lua) throws(LuaFault) -> Int32 {
    lua.push(try blocks.check(lua, at: 1).pointee.size)
    return 1
}

private let functions = [
    LuaFunction("Block") {
        Lua.run($0) { lua throws(LuaFault) in
            let size = try lua.optionalInteger(at: 1) ?? 0
            blocks.push(Block(size: Int(size)), to: lua)
            lua.chargeCollector(bytes: Int(size))
            return 1
        }
    },
    LuaFunction("fail") {
        Lua.run($0) { lua throws(LuaFault) in throw .argument(1, "failed \(lua.typeName(at: 1))") }
    },
    LuaFunction("options") {
        Lua.run($0) { lua throws(LuaFault) in
            let options = try Options(lua, at: 1, of: "options", known: ["first", "second"])
            lua.push("\(try options.string("first") ?? "-")\(try options.integer("second") ?? 0)")
            return 1
        }
    },
    LuaFunction("call") {
        Lua.run($0) { lua throws(LuaFault) in
            try lua.call(arguments: lua.top - 1, results: Lua.allResults)
            return lua.top
        }
    },
]

final class CollectorTests: LuaTestCase {
    private let work = """
        local b = Block(1)
        assert(b:size() == 1)
        local ok, e = pcall(fail, b)
        assert(e == "bad argument #1 to 'fail' (failed Block)", e)
        assert(options{first = "f" .. 1, second = 2} == "f12")
        assert(select(2, pcall(options, {frist = 1})):find("did you mean 'first'", 1, true))
        local inner = coroutine.wrap(function() return call(function() return {Block(2):size()} end) end)
        assert(inner()[1] == 2)
        assert(not pcall(call, error, {}))
        """

    func testCollectionAtEveryCallAndReturn() {
        let host = makeHost(functions)
        expect(
            host,
            "debug.sethook(function() collectgarbage() end, 'cr')\n\(work)\ndebug.sethook() return 'done'",
            "done")
    }

    func testCollectorThatNeverRests() {
        for mode in ["'incremental', 1, 1000, 1", "'generational', 1, 1"] {
            let host = makeHost(functions)
            expect(host, "collectgarbage(\(mode)) for i = 1, 50 do \(work) end return 'done'", "done")
        }
    }

    func testFinalizersRunWhileSwiftAllocates() {
        let host = makeHost(functions)
        expect(
            host,
            """
            collectgarbage("incremental", 1, 1000, 1)
            local made = 0
            local function litter() setmetatable({}, {__gc = function()
              made = made + 1
              assert(options{first = "x"} == "x0")
              pcall(fail, 1)
              pcall(error)
              if made < 300 then litter() end
            end}) end
            for i = 1, 300 do litter() Block(10):size() end
            return made > 100
            """, "true")
    }

    func testPausedCollectorRunsNoFinalizers() throws {
        let host = makeHost(functions)
        let lua = host.lua
        expect(host, "for i = 1, 50 do Block() end", "")
        finalizations = 0
        try lua.withoutCollector { () throws(LuaFault) in
            for _ in 0..<50_000 {
                lua.createTable(array: 4)
                lua.pop()
            }
            XCTAssertEqual(finalizations, 0)
            try lua.withoutCollector { () throws(LuaFault) in
                lua.push("nested")
                lua.pop()
            }
            XCTAssertEqual(finalizations, 0)
        }
        for _ in 0..<50_000 {
            lua.createTable(array: 4)
            lua.pop()
        }
        XCTAssertEqual(finalizations, 50)
        XCTAssertTrue(lua.isCollectorRunning)
    }

    func testPausingIsNotCollecting() throws {
        // Pausing a million times must not bring on a million collections, in either mode.
        for mode in ["incremental", "generational"] {
            let host = makeHost(functions)
            expect(
                host,
                "keep = {} for i = 1, 100000 do keep[i] = {} end collectgarbage() collectgarbage('\(mode)')",
                "")
            finalizations = 0
            expect(host, "for i = 1, 10 do Block() end", "")
            for _ in 0..<10_000 {
                try host.lua.withoutCollector { () throws(LuaFault) in host.lua.push(1) }
                host.lua.pop()
            }
            XCTAssertEqual(finalizations, 0, "nothing was allocated, so nothing was due")
        }
    }

    func testStoppedCollectorStaysStopped() throws {
        let host = makeHost(functions)
        expect(host, "collectgarbage('stop')", "")
        finalizations = 0
        try host.lua.withoutCollector { () throws(LuaFault) in }
        expect(host, "for i = 1, 1000 do Block(1000000) end return collectgarbage('isrunning')", "false")
        XCTAssertEqual(finalizations, 0)
    }

    func testPauseEndsWithAFault() {
        let host = makeHost(functions)
        XCTAssertThrowsError(try host.lua.withoutCollector { () throws(LuaFault) in throw .message("x") })
        finalizations = 0
        expect(host, "for i = 1, 20000 do Block() end", "")
        XCTAssertGreaterThan(finalizations, 0)
    }

    func testChargedBytesBringCollectionsForward() {
        let host = makeHost(functions)
        finalizations = 0
        expect(host, "for i = 1, 200 do Block(1) end", "")
        let uncharged = finalizations
        expect(host, "for i = 1, 200 do Block(1000000) end", "")
        XCTAssertGreaterThan(finalizations - uncharged, 100)
    }
}
