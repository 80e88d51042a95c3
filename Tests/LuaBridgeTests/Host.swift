import LuaBridge
import XCTest

/// A Lua state for one test.
final class Host {
    let runtime: LuaRuntime
    var lua: Lua { runtime.lua }

    init(_ functions: [LuaFunction] = [], libraries: Bool = true) {
        do {
            runtime = try LuaRuntime(programName: "tests")
            if libraries { try runtime.openLibraries(ignoringEnvironment: true) }
            for function in functions {
                runtime.lua.push(function.body)
                try runtime.lua.setGlobal(function.name)
            }
        } catch {
            fatalError("a state opens: \(error)")
        }
    }

    /// Runs a chunk called `test.lua` and returns its results as `tostring` shows them, separated by spaces;
    /// or what it raised after `error: `.
    func run(_ source: String, onError: LuaErrorTreatment = .asIs) -> String {
        let base = lua.top
        defer { lua.top = base }
        guard lua.load(source, name: "@test.lua") == .ok else { return "syntax: \(lua.errorText(at: -1))" }
        let status = lua.protectedCall(arguments: 0, results: Lua.allResults, onError: onError)
        guard status == .ok else { return "error: \(lua.errorText(at: -1))" }
        return stride(from: base + 1, through: lua.top, by: 1)
            .map { (try? lua.displayString(at: $0)) ?? "?" }
            .joined(separator: " ")
    }
}

/// A test whose hosts live until its end, however early the optimiser would let go of them.
class LuaTestCase: XCTestCase {
    private var hosts: [Host] = []

    func makeHost(_ functions: [LuaFunction] = [], libraries: Bool = true) -> Host {
        let host = Host(functions, libraries: libraries)
        hosts.append(host)
        return host
    }

    override func tearDown() {
        for host in hosts { host.runtime.close() }
        hosts = []
    }
}

/// Checks what a chunk returns or raises.
func expect(
    _ host: Host, _ source: String, _ expected: String, file: StaticString = #filePath, line: UInt = #line
) {
    let before = host.lua.top
    XCTAssertEqual(host.run(source), expected, file: file, line: line)
    XCTAssertEqual(host.lua.top, before, "the stack is as it was", file: file, line: line)
}
