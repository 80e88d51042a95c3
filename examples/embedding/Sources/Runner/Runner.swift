import InterProcess
import LuaBridge
import Multiprocessing

/// A program that is there for its script: Ctrl-C ends the whole family, deadlocks are found, the status tells.
enum Runner {
    static func run(_ words: [String]) -> Int32 {
        guard words.count > 1 else {
            StandardError.write("usage: \(words[0]) script [args]\n")
            return 1
        }
        do {
            let runtime = try Multiprocessing.openRuntime(programName: "Runner")
            return run(words[1], Array(words.dropFirst(2)), in: runtime)
        } catch {
            StandardError.write("Runner: \(error)\n")
            return 1
        }
    }

    private static func run(_ script: String, _ arguments: [String], in runtime: LuaRuntime) -> Int32 {
        Family.adoptOrphans()
        Interruption.install(in: runtime)
        DeadlockPolicy.response = .abort
        var status: Int32 = 0
        do throws(LuaError) {
            try runtime.run(file: script, arguments: arguments)
        } catch {
            status = error.kind == "DeadlockError" ? DeadlockPolicy.status : 1
            if !Interruption.wasRaised { StandardError.write("Runner: \(error)\n") }
        }
        Multiprocessing.close(runtime)
        if Interruption.wasRaised { Interruption.endProcess() }
        return status == 0 && DeadlockPolicy.wasFoundAtEnd ? DeadlockPolicy.status : status
    }
}
