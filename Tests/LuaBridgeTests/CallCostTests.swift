import Glibc
import LuaBridge
import XCTest

private struct Cell { var value: Int64 }

private let cells: LuaClass<Cell> = LuaClass(
    "Cell",
    methods: [
        LuaFunction("nothing") { Lua.run($0) { _ throws(LuaFault) in 0 } },
        LuaFunction("check") {
            Lua.run($0) { lua throws(LuaFault) in
                _ = try cells.check(lua, at: 1)
                return 0
            }
        },
    ])

private final class Instance: LuaObject {
    func nothing() {}

    static let luaClass: LuaObjectClass<Instance> = LuaObjectClass(
        "Instance", methods: [LuaFunction("nothing") { Lua.apply($0, Instance.nothing) }])
}

/// What a call into Swift costs. Prints a table and asserts nothing; run it in a release build with
/// `LUABRIDGE_BENCHMARK=1`.
final class CallCostTests: LuaTestCase {
    func testCallCost() throws {
        guard getenv("LUABRIDGE_BENCHMARK") != nil else { throw XCTSkip("LUABRIDGE_BENCHMARK is not set") }
        let host = makeHost([
            LuaFunction("empty") { Lua.run($0) { _ throws(LuaFault) in 0 } },
            LuaFunction("add") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.push(try lua.checkInteger(at: 1) + lua.checkInteger(at: 2))
                    return 1
                }
            },
            LuaFunction("plus") { Lua.apply($0) { (left: Int, right: Int) in left + right } },
            LuaFunction("Instance") { Lua.apply($0, Instance.init) },
            LuaFunction("optional") {
                Lua.run($0) { lua throws(LuaFault) in
                    let parameters = try Parameters(lua, of: "optional", from: 1, ["block", "timeout"])
                    lua.push(try parameters.boolean("block") ?? true)
                    _ = try parameters.timeout()
                    return 1
                }
            },
            LuaFunction("where") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.push(lua.position?.line ?? 0)
                    return 1
                }
            },
            LuaFunction("traverse") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.pushNil()
                    while try lua.next(at: 1) { lua.pop() }
                    return 0
                }
            },
            LuaFunction("pause") {
                Lua.run($0) { lua throws(LuaFault) in
                    try lua.withoutCollector { () throws(LuaFault) in 0 }
                }
            },
            LuaFunction("fail") { Lua.run($0) { _ throws(LuaFault) in throw .message("no") } },
            LuaFunction("Cell") {
                Lua.run($0) { lua throws(LuaFault) in
                    cells.push(Cell(value: 0), to: lua)
                    return 1
                }
            },
        ])
        for (name, call) in [
            ("a C function", "getmetatable(1)"), ("an empty body", "empty()"),
            ("two integers, one result", "add(1, i)"), ("the same, converted", "plus(1, i)"),
            ("keywords, none given", "optional()"), ("keywords by position", "optional(true, 1)"),
            ("keywords by name", "optional{timeout = 1}"), ("the current line", "where()"),
            ("a method", "cell:nothing()"), ("a method that checks self", "cell:check()"),
            ("a method of an instance", "instance:nothing()"), ("a new object", "Cell()"),
            ("a new instance", "Instance()"),
            ("next, for each of 100 fields", "traverse(fields)"), ("the collector paused", "pause()"),
            ("an error, caught", "pcall(fail)"),
        ] {
            let nanoseconds = measure(host, call) / (call.hasPrefix("traverse") ? 100 : 1)
            print("\(name): \(Int(nanoseconds.rounded())) ns")
        }
    }

    /// The nanoseconds that a call takes in a Lua loop, without the loop: the best of five.
    private func measure(_ host: Host, _ call: String) -> Double {
        let rounds = call.hasPrefix("traverse") ? 20_000 : 1_000_000
        let loop = { (body: String) in
            """
            local empty, add, optional, where, traverse, pause, fail = empty, add, optional, where, traverse, pause, fail
            local cell, Cell, getmetatable, pcall = Cell(), Cell, getmetatable, pcall
            local plus, instance, Instance = plus, Instance(), Instance
            local fields = {} for i = 1, 100 do fields["k" .. i] = i end
            local clock, best = os.clock, math.huge
            for round = 1, 5 do
              local start = clock()
              for i = 1, \(rounds) do \(body) end
              best = math.min(best, clock() - start)
            end
            return best * 1e9 / \(rounds)
            """
        }
        return Double(host.run(loop(call)))! - Double(host.run(loop("")))!
    }
}
