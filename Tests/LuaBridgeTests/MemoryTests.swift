import Glibc
import LuaBridge
import XCTest

/// How often the process would have ended for want of memory in Swift.
nonisolated(unsafe) private var exhaustions = 0

private let functions = [
    LuaFunction("build") {
        Lua.run($0) { lua throws(LuaFault) in
            lua.createTable(array: 10, fields: 10)
            for i in 1...10 {
                lua.push("text number \(i)")
                lua.rawSet(Int64(i), at: -2)
            }
            _ = lua.newUserdata(size: 100, userValues: 1)
            lua.rawSet("userdata", at: -2)
            return 1
        }
    },
    LuaFunction("fail") { Lua.run($0) { _ throws(LuaFault) in throw .message("a message") } },
    LuaFunction("failLong") {
        Lua.run($0) { _ throws(LuaFault) in throw .argument(1, String(repeating: "long ", count: 200)) }
    },
    LuaFunction("call") {
        Lua.run($0) { lua throws(LuaFault) in
            try lua.call(arguments: lua.top - 1, results: Lua.allResults)
            return lua.top
        }
    },
]

final class MemoryTests: LuaTestCase {
    /// Lets the chunk run with no memory, then with one allocation, two, … until it succeeds. Returns how
    /// many it took.
    ///
    /// `exhaustions` counts requests made by Swift code, which would end the process; each is granted.
    private func sweep(
        _ source: String, _ functions: [LuaFunction] = functions, file: StaticString = #filePath,
        line: UInt = #line
    ) -> Int {
        exhaustions = 0
        let host = makeHost(functions)
        let lua = host.lua
        host.runtime.setExhaustionHandler { record in
            exhaustions += 1
            record.assumingMemoryBound(to: cluabridge_State.self).pointee.memory.allocations_left = -1
        }
        for count in 0..<5000 {
            lua.collectGarbage()
            XCTAssertEqual(lua.load(source, name: "@test.lua"), .ok)
            host.runtime.failAllocations(after: count)
            let status = lua.protectedCall(arguments: 0, results: 1)
            host.runtime.failAllocations(after: nil)
            XCTAssertEqual(lua.top, 1, file: file, line: line)
            defer { lua.top = 0 }
            if status == .ok { return count }
            XCTAssertTrue(
                lua.errorText(at: -1).contains("not enough memory"), lua.errorText(at: -1), file: file,
                line: line)
        }
        XCTFail("still not enough memory", file: file, line: line)
        return 0
    }

    func testEachAllocationOfLuaCodeCanFail() {
        let taken = sweep(
            """
            local t = {}
            for i = 1, 20 do t[i] = ("x"):rep(50) .. i end
            local f = load("return " .. #t .. ", {}")
            local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield({i}) end end)
            while co() do end
            return table.concat(t) .. tostring(f())
            """)
        XCTAssertGreaterThan(taken, 20)
        XCTAssertEqual(exhaustions, 0)
    }

    func testEachAllocationOfSwiftCodeIsReported() {
        exhaustions = 0
        let host = makeHost(functions)
        // Grants one allocation at a time: every single one is refused first, after an emergency collection.
        host.runtime.setExhaustionHandler { record in
            exhaustions += 1
            record.assumingMemoryBound(to: cluabridge_State.self).pointee.memory.allocations_left = 1
        }
        XCTAssertEqual(host.lua.load("return build()", name: "@test.lua"), .ok)
        host.runtime.failAllocations(after: 0)
        XCTAssertEqual(host.lua.protectedCall(arguments: 0, results: 1), .ok)
        host.runtime.failAllocations(after: nil)
        XCTAssertGreaterThan(exhaustions, 12)
        XCTAssertEqual(host.lua.rawGet(10, at: -1), .string)
        XCTAssertEqual(host.lua.string(at: -1), "text number 10")
    }

    /// The other half of the next test, which runs it in a process of its own.
    func testHelperThatRunsOutOfMemory() throws {
        guard getenv("LUABRIDGE_EXHAUST") != nil else { throw XCTSkip("only for another test") }
        let host = makeHost(functions)
        host.runtime.failAllocations(after: 0)
        host.lua.createTable(array: 100)
        XCTFail("the process has ended")
    }

    func testExhaustionInSwiftEndsTheProcess() throws {
        let helper = "LuaBridgeTests.MemoryTests/testHelperThatRunsOutOfMemory"
        let command = "LUABRIDGE_EXHAUST=1 /proc/$PPID/exe \(helper) 2>&1"
        let pipe = try XCTUnwrap(popen(command, "r"))
        var line = [CChar](repeating: 0, count: 4096)
        var output = ""
        while fgets(&line, Int32(line.count), pipe) != nil { output += String(cString: line) }
        XCTAssertEqual(pclose(pipe), 1 << 8, "exit status 1")
        XCTAssertTrue(output.hasSuffix("tests: not enough memory\n"), output)
    }

    func testEachAllocationWhileRaisingCanFail() {
        XCTAssertGreaterThan(
            sweep(
                """
                local ok, e = pcall(function() fail() end)
                if e ~= "test.lua:1: a message" then error(e, 0) end
                """), 1)
        XCTAssertEqual(exhaustions, 0)
        _ = sweep(
            """
            local ok, e = pcall(function() failLong() end)
            if not e:find("long") then error(e, 0) end
            """)
    }

    func testEachAllocationOfProtectedOperationsCanFail() {
        let operations = LuaFunction("operate") {
            Lua.run($0) { lua throws(LuaFault) in
                _ = try lua.displayString(at: 1)
                lua.pushValue(at: 1)
                try lua.get(at: 2)
                _ = try lua.length(at: 2)
                _ = try lua.isEqual(2, 3)
                lua.pushValue(at: 1)
                lua.pushValue(at: 1)
                try lua.set(at: 2)
                try lua.forEachPair(at: 2) { () throws(LuaFault) in true }
                try lua.pushTraceback()
                return 0
            }
        }
        let taken = sweep(
            """
            local n = 0
            local function grow() n = n + 1 return ("y"):rep(60) .. n end
            local mt = {__index = grow, __newindex = grow, __len = function() return #grow() end,
              __eq = grow, __tostring = grow, __pairs = function() grow() return next, {1, 2} end}
            operate(setmetatable({}, mt), setmetatable({}, mt), setmetatable({}, mt))
            """, functions + [operations])
        XCTAssertGreaterThan(taken, 15)
        // Pushing an address and the like, and nothing else, is done by Swift.
        XCTAssertLessThan(exhaustions, taken / 2)
    }

    func testEachAllocationOfNestedCallsCanFail() {
        XCTAssertGreaterThan(sweep("return call(call, call, function() return {{}, {}, {}} end)"), 3)
        XCTAssertEqual(exhaustions, 0)
    }

    func testEachAllocationOfLoadingCanFail() {
        let host = makeHost()
        var failures = 0
        for count in 0..<2000 {
            host.runtime.failAllocations(after: count)
            let status = host.lua.load(
                "local a = {1, 2, 'three'} return function() return a end", name: "@test.lua")
            host.runtime.failAllocations(after: nil)
            host.lua.pop()
            host.lua.collectGarbage()
            if status == .ok { break }
            XCTAssertEqual(status, .memoryError)
            failures += 1
        }
        XCTAssertGreaterThan(failures, 5)
    }

    func testEmergencyCollectionComesBeforeGivingUp() {
        exhaustions = 0
        let host = makeHost()
        host.runtime.setExhaustionHandler { _ in exhaustions += 1 }
        let lua = host.lua
        lua.collectGarbage()
        host.runtime.memoryLimit = host.runtime.bytesInUse + 400_000
        for _ in 1...100 {
            _ = lua.newUserdata(size: 100_000)
            lua.pop()
        }
        XCTAssertEqual(exhaustions, 0, "garbage makes room")
    }

    func testMemoryLimit() {
        let host = makeHost()
        host.runtime.memoryLimit = host.runtime.bytesInUse + 1_000_000
        expect(host, "return pcall(string.rep, 'x', 2000000)", "false not enough memory")
        expect(host, "local t = {} for i = 1, 1e7 do t[i] = {} end", "error: not enough memory")
        expect(host, "return #string.rep('x', 100000)", "100000")
        host.runtime.memoryLimit = nil
        expect(host, "return #string.rep('x', 2000000)", "2000000")
    }

    func testBytesInUseAgreesWithLua() {
        let host = makeHost()
        expect(host, "t = {} for i = 1, 1000 do t[i] = {i} end collectgarbage()", "")
        XCTAssertEqual(
            host.lua.load("return math.tointeger(collectgarbage('count') * 1024)", name: "=x"), .ok)
        XCTAssertEqual(host.lua.protectedCall(arguments: 0, results: 1), .ok)
        let counted = host.lua.integer(at: -1)!
        XCTAssertEqual(Double(host.runtime.bytesInUse), Double(counted), accuracy: 4096)
    }

    /// There is one for the whole process, so this is the only test of it; those that fork are in Lua.
    func testANurseryHoldsWhatItCanAndTheRestIsAsEver() {
        let host = makeHost()
        LuaRuntime.beginNursery(of: host.lua)
        let code = """
            collectgarbage("generational")
            local texts, sum = {}, 0
            for i = 1, 2000 do
                texts[i % 50 + 1] = ("x"):rep(i % 97) .. i
                local list = {}
                for k = 1, i % 20 do list[k] = k end
                sum = sum + #list
                if i % 100 == 0 then collectgarbage() end
            end
            for i = 1951, 2000 do
                if texts[i % 50 + 1] ~= ("x"):rep(i % 97) .. i then return "lost", i end
            end
            return sum, select(2, coroutine.resume(coroutine.create(function(...) return select("#", ...) end), table.unpack({}, 1, 200)))
            """
        expect(host, code, "19000 200")
        // Another state has none, and they do not meet.
        let other = makeHost()
        LuaRuntime.beginNursery(of: other.lua)
        expect(other, code, "19000 200")
        expect(host, code, "19000 200")
        // With books kept, and where memory runs out in the middle.
        for allocations in stride(from: Int64(1), to: 300, by: 7) {
            cluabridge_limit_memory(host.lua.record, 0, allocations)
            _ = host.run("local t = {} for i = 1, 100 do t[i] = {i} end return #t")
            cluabridge_limit_memory(host.lua.record, 0, -1)
        }
        expect(host, code, "19000 200")
    }
}
