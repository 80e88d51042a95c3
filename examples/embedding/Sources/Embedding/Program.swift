import LuaBridge
import Multiprocessing

/// Runs scripts that use several processes, and the functions and classes of this program.
enum Program {
    static func main() {
        do {
            let runtime = try Multiprocessing.openRuntime(programName: "Embedding")
            defer { Multiprocessing.close(runtime) }
            try runtime.addModule("statistics", Statistics.functions)
            try throwDice(runtime)
            try exchangeValues(runtime)
            try runtime.run(file: "Scripts/write_report.lua")
            showErrors(runtime)
        } catch {
            print("cannot go on: \(error)")
        }
        openAgain()
    }

    /// Runs a file with arguments, and reads what it returns.
    private static func throwDice(_ runtime: LuaRuntime) throws {
        let (mean, counts) = try runtime.run(
            file: "Scripts/throw_dice.lua", arguments: [12_000, 3], returning: Double.self, [Int].self)
        print("mean \((mean * 100).rounded() / 100), sevens \(counts[5])")
    }

    /// Globals, functions of the script, objects that both sides hold.
    private static func exchangeValues(_ runtime: LuaRuntime) throws {
        let histogram = Histogram(name: "shares", bounds: 0...1, buckets: 4)
        try runtime.setGlobal("shares", to: histogram)
        try runtime.setGlobal("limits", to: ["low": 0.25, "high": 0.75])
        try runtime.run(
            """
            function classify(share)
                shares:add(share)
                return share < limits.low and "low" or share > limits.high and "high" or "middle"
            end
            """)
        let words = try [0.1, 0.5, 0.9, 0.95].map { share in
            try runtime.call("classify", share, returning: String.self)
        }
        print("\(words), counted here: \(histogram.counts)")
        let same = try runtime.global("shares", as: Histogram.self)
        print("the same object: \(same === histogram)")
    }

    /// Each way in which running a script may fail.
    private static func showErrors(_ runtime: LuaRuntime) {
        for script in ["raise", "get_nothing", "fail_in_swift", "fail_in_child", "missing"] {
            do throws(LuaError) {
                try runtime.run(file: "Scripts/\(script).lua")
            } catch {
                show(error, of: script)
            }
        }
        for text in ["local total = = 1", "return 'seven'"] {
            do throws(LuaError) {
                _ = try runtime.run(text, name: "text", returning: Int.self)
            } catch {
                show(error, of: text)
            }
        }
    }

    private static func show(_ error: LuaError, of script: String) {
        print("\(script): \(error.status), \(error.kind ?? "no kind")")
        print("  \(error.message)")
        if let traceback = error.traceback {
            for line in traceback.split(separator: "\n") { print("  | \(line)") }
        }
    }

    /// A process can have the module once.
    private static func openAgain() {
        do {
            _ = try Multiprocessing.openRuntime()
        } catch {
            print("again: \(error)")
        }
    }
}
