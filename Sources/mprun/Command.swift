import CInterProcess
import Glibc
import InterProcess
import LuaBridge
import Multiprocessing

/// The command `mprun`: from its words to its exit status.
enum Command {
    static let name: StaticString = "mprun"

    /// How the process ends.
    private enum ExitStatus {
        static let success: Int32 = 0
        static let failure: Int32 = 1
    }

    /// Does what the command line says and ends the process.
    static func run() -> Never {
        StandardStreams.occupyClosed()
        do throws(CommandFailure) {
            let options = try CommandLineOptions(.ofThisProcess)
            exit(try perform(options))
        } catch {
            StandardError.write("\(name): \(error.message)\n")
            exit(ExitStatus.failure)
        }
    }

    private static func perform(_ options: CommandLineOptions) throws(CommandFailure) -> Int32 {
        switch options.purpose {
        case .showHelp: print(Help.text)
        case .showVersion: print(Help.version)
        case .explain(let code): print(try explanation(of: code))
        case .dump(let pid): print(try dump(pid), terminator: "")
        case .initialise: print(try EditorSetup.install())
        case .run:
            if options.labelsOutput { Labels.show() }
            if options.beginsWithVersion { print(Help.version) }
            return try runScript(options)
        }
        return ExitStatus.success
    }

    private static func runScript(_ options: CommandLineOptions) throws(CommandFailure) -> Int32 {
        let runtime = try openRuntime(options)
        Family.adoptOrphans()
        DeadlockPolicy.response = options.deadlockResponse
        ChildProcess.diesWithParent = options.diesWithParent
        Diagnostics.showOnQuit()
        Interruption.install(in: runtime)
        let lua = runtime.lua
        let failure = ScriptRunner(options).run(lua)

        if let failure, !isInterrupt(failure) { StandardError.write("\(name): \(failure)\n") }
        EndOfProcess.run(lua)
        takeLateInterrupt(lua)
        let isInterrupted = Interruption.wasRaised
        // Finalizers and open files are left. From here on the state cannot take an interrupt.
        fflush(nil)
        endAtNextInterrupt()
        // A file that is closed may wait for the program behind it, which nobody has interrupted.
        if isInterrupted { Interruption.startGrace() }
        runtime.close()

        // Also if the script caught the error and went on to its end: the family was ended all the same.
        if isInterrupted {
            signal(SIGINT, SIG_IGN)
            fflush(nil)
            Interruption.endProcess()
        }
        if DeadlockPolicy.wasFoundAtEnd || failure?.kind == ErrorKind.deadlockError.rawValue {
            return DeadlockPolicy.status
        }
        return failure == nil ? ExitStatus.success : ExitStatus.failure
    }

    /// Whether an error is Ctrl-C, and not another one in a script that caught that.
    private static func isInterrupt(_ error: LuaError) -> Bool {
        Interruption.wasRaised && strstr(error.message, "interrupted!") != nil
    }

    /// What `--dump` prints.
    private static func dump(_ pid: pid_t) throws(CommandFailure) -> String {
        do throws(SystemError) {
            return try FamilyDump.text(of: pid)
        } catch {
            if error.code == ENOENT { throw CommandFailure("process \(pid) is no mprun") }
            throw CommandFailure(error.description)
        }
    }

    /// What `--explain` prints.
    private static func explanation(of code: String) throws(CommandFailure) -> String {
        guard let (kind, explanation) = DeadlockExplanation.of(code: code) else {
            let known = DeadlockExplanation.list.map { "  \($0.code)  \($0.title)" }.joined(separator: "\n")
            throw CommandFailure("there is no code '\(code)'. Known are:\n\(known)")
        }
        return "\(kind.code): \(explanation.title)\n\n\(explanation.text)\n\nRemedy: \(explanation.remedy)"
    }

    /// Ctrl-C while the last children were waited for, which it ended.
    private static func takeLateInterrupt(_ lua: Lua) {
        do throws(LuaFault) { try lua.deliverInterrupt() } catch { lua.pop() }
    }

    /// Lets Ctrl-C end the process at once. Everybody else of the family has ended by then.
    private static func endAtNextInterrupt() {
        signal(SIGINT) { _ in Interruption.endProcess() }
        if !ip_was_terminated() { signal(SIGTERM, SIG_DFL) }
    }

    /// A state with all libraries, as the options want it.
    private static func openRuntime(_ options: CommandLineOptions) throws(CommandFailure) -> LuaRuntime {
        let budget = options.ignoresEnvironment ? nil : try SharedMemorySize.fromEnvironment()
        LuaRuntime.useHugePages()
        let runtime: LuaRuntime
        do throws(Multiprocessing.OpenFailure) {
            runtime = try Multiprocessing.openRuntime(
                programName: name, ignoringEnvironment: options.ignoresEnvironment, memoryBudget: budget)
        } catch {
            if case .system(let error) = error, error.code == ENOMEM, budget != nil {
                throw CommandFailure("cannot start: \(SharedMemorySize.variable) is too small or too large")
            }
            throw CommandFailure("cannot start: \(error)")
        }
        do throws(LuaError) {
            try runtime.withLua { lua throws(LuaFault) in try LocalModules.add(to: lua) }
        } catch {
            throw CommandFailure("cannot start: \(error)")
        }
        return runtime
    }
}

/// Why the command did not do what it was asked for.
struct CommandFailure: Error {
    /// What to show, without the program's name.
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
