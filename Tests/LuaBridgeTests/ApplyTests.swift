import LuaBridge
import XCTest

private struct Refusal: Error, CustomStringConvertible {
    let description: String
}

nonisolated(unsafe) private var living = 0

private final class Account: LuaObject {
    private(set) var balance = 0
    var owner: String?

    init(owner: String?) {
        self.owner = owner
        living += 1
    }

    deinit { living -= 1 }

    func deposit(_ amount: Int) throws {
        guard amount > 0 else { throw Refusal(description: "nothing to deposit") }
        balance += amount
    }

    func transfer(_ amount: Int, to other: Account) -> (Int, Int) {
        balance -= amount
        other.balance += amount
        return (balance, other.balance)
    }

    static let luaClass: LuaObjectClass<Account> = LuaObjectClass(
        "Account",
        methods: [
            LuaFunction("deposit") { Lua.apply($0, Account.deposit) },
            LuaFunction("transfer") { Lua.apply($0, Account.transfer) },
            LuaFunction("itself") { Lua.apply($0) { (account: Account) in account } },
        ],
        getters: [
            LuaFunction("balance") { Lua.apply($0) { (account: Account) in account.balance } },
            LuaFunction("owner") { Lua.apply($0) { (account: Account) in account.owner } },
        ],
        setters: [
            LuaFunction("owner") {
                Lua.assign($0) { (account: Account, owner: String?) in account.owner = owner }
            }
        ],
        metamethods: [LuaFunction("__len") { Lua.apply($0) { (account: Account) in account.balance } }])
}

private final class Other: LuaObject {
    static let luaClass: LuaObjectClass<Other> = LuaObjectClass("Other")
}

/// Swift functions and classes that never see the stack.
final class ApplyTests: LuaTestCase {
    private static func greet(_ name: String, times: Int?) throws -> String {
        guard !name.isEmpty else { throw Refusal(description: "a name is needed") }
        return Array(repeating: name, count: times ?? 1).joined(separator: " ")
    }

    private func makeFunctions() -> Host {
        makeHost([
            LuaFunction("greet") { Lua.apply($0, ApplyTests.greet) },
            LuaFunction("nothing") { Lua.apply($0) {} },
            LuaFunction("divide") {
                Lua.apply($0) { (left: Int, right: Int) in (left / right, left % right) }
            },
            LuaFunction("fault") {
                Lua.apply($0) { (position: Int32) in throw LuaFault.argument(position, "no good") }
            },
            LuaFunction("lua_error") { Lua.apply($0) { throw LuaError("as it is") } },
            LuaFunction("Account") { Lua.apply($0, Account.init) },
            LuaFunction("Other") { Lua.apply($0, Other.init) },
        ])
    }

    func testArgumentsAndResultsAreSwiftValues() {
        let host = makeFunctions()
        expect(host, "return greet('ho')", "ho")
        expect(host, "return greet('ho', 3, 'surplus')", "ho ho ho")
        expect(host, "return select('#', nothing())", "0")
        expect(host, "return divide(17, 5.0)", "3 2")
    }

    func testWrongArgumentsAreLuaErrors() {
        let host = makeFunctions()
        expect(
            host, "greet()", "error: test.lua:1: bad argument #1 to 'greet' (string expected, got no value)")
        expect(
            host, "greet('ho', 1.5)",
            "error: test.lua:1: bad argument #2 to 'greet' (integer expected, got 1.5)")
    }

    func testThrownErrorsAreLuaErrors() {
        let host = makeFunctions()
        expect(host, "greet('')", "error: test.lua:1: a name is needed")
        expect(host, "fault(1)", "error: test.lua:1: bad argument #1 to 'fault' (no good)")
        expect(host, "lua_error()", "error: as it is")
        expect(host, "return pcall(greet, '')", "false a name is needed")
    }

    func testInstancesArePassedByReference() {
        let host = makeFunctions()
        expect(host, "local a = Account() a:deposit(3) a:deposit(4) return a.balance, #a, a.owner", "7 7 nil")
        expect(host, "local a, b = Account('x'), Account('y') a:deposit(9) return a:transfer(2, b)", "7 2")
        expect(
            host, "local a = Account('x') a.owner = 'y' local y = a.owner a.owner = nil return y, a.owner",
            "y nil")
    }

    func testObjectsOfOneInstanceAreEqual() {
        let host = makeFunctions()
        expect(
            host,
            """
            local a = Account()
            return a == a:itself(), rawequal(a, a:itself()), a == Account(), a == Other(), a == 1
            """, "true false false false false")
        expect(host, "return debug.getmetatable(Account()).__eq(1, {})", "false")
        expect(host, "return debug.getmetatable(Account()).__eq(Other(), io.stdout)", "false")
    }

    func testMistakesWithInstancesSayWhatWasMeant() {
        let host = makeFunctions()
        expect(
            host, "Account().deposit(5)",
            "error: test.lua:1: bad argument #1 to 'deposit' (Account expected, got number; "
                + "did you mean a:deposit()?)")
        expect(
            host, "Account():transfer(5, Other())",
            "error: test.lua:1: bad argument #2 to 'transfer' (Account expected, got Other)")
        expect(host, "Account().owner = 5", "error: test.lua:1: 'owner': string expected, got number")
        expect(host, "Account().balance = 5", "error: test.lua:1: Account: 'balance' is read-only")
        expect(host, "Account():deposit(0)", "error: test.lua:1: nothing to deposit")
    }

    func testInstancesLiveAsLongAsSomebodyRefersToThem() throws {
        XCTAssertEqual(living, 0)
        let host = makeFunctions()
        var kept: Account? = Account(owner: "kept")
        try host.runtime.setGlobal("kept", to: kept)
        expect(host, "Account() Account() collectgarbage() return kept.owner", "kept")
        XCTAssertEqual(living, 1)
        kept = nil
        expect(host, "collectgarbage() return kept.owner", "kept")
        XCTAssertEqual(living, 1)
        kept = try host.runtime.global("kept")
        expect(host, "kept = nil collectgarbage()", "")
        XCTAssertEqual(living, 1)
        kept = nil
        XCTAssertEqual(living, 0)
        expect(host, "a = Account()", "")
        host.runtime.close()
        XCTAssertEqual(living, 0)
    }

    func testCollectedObjectIsRefused() {
        let host = makeFunctions()
        expect(
            host,
            """
            local a = Account()
            debug.getmetatable(a).__gc(a)
            return pcall(a.itself, a)
            """, "false bad argument #1 to '?' (Account expected, got a Account that was collected already)")
        XCTAssertEqual(living, 0)
    }
}
