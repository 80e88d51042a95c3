import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// What a forked child does from its first to its last instruction.
enum ChildEntry {
    /// - Parameters:
    ///   - index: the Process object on the stack.
    ///   - record: that of this process.
    ///   - parent: that of the process that forked it.
    static func run(
        _ lua: Lua, objectAt index: Int32, _ state: UnsafeMutablePointer<ProcessState>,
        _ record: ProcessRecord,
        parent: ProcessRecord
    ) -> Never {
        LuaRuntime.inheritHugePages()
        LuaRuntime.beginNursery(of: lua)
        CurrentProcess.become(lua, at: index, state)
        ParentProcess.become(lua, parent)
        Children.inheritedByChild(lua)
        EndOfProcess.inheritedByChild(lua)
        Interruption.inheritedByChild()
        _ = ip_detach_stdin()
        StandardLibrary.seedChild(lua)
        Logging.info(lua, "child process calling self.run()")
        let status = runObject(lua, at: index, record)
        EndOfProcess.run(lua)
        if Interruption.wasRaised { Interruption.endProcess() }
        Logging.info(lua, "process exiting with exitcode \(status)")
        ChildProcess.exit(status)
    }

    /// Calls `object:run()` on a fresh Lua thread: no variable of the parent's stack is closed here.
    private static func runObject(_ lua: Lua, at index: Int32, _ record: ProcessRecord) -> Int32 {
        lua.pushValue(at: index)
        let thread = lua.newThread()
        lua.insert(at: -2)
        do throws(LuaFault) { try lua.move(1, to: thread) } catch { return 1 }
        cluabridge_set_running(thread.record, thread.pointer)
        thread.pushValue(at: 1)
        do throws(LuaFault) {
            try thread.get("run", at: 1)
        } catch { return reportFailure(thread, record) }
        thread.insert(at: -2)
        let status = thread.protectedCall(arguments: 1, results: Lua.allResults, onError: .saveTraceback)
        guard status == .ok else { return reportFailure(thread, record) }
        ProcessResult.leave(thread, from: 2, in: record)
        return 0
    }

    /// Shows the error on top of the stack and leaves it for the parent.
    private static func reportFailure(_ lua: Lua, _ record: ProcessRecord) -> Int32 {
        let error = lua.top
        lua.pushSavedTraceback()
        let traceback = lua.string(at: -1)
        if !Interruption.wasRaised {
            let text = [lua.errorText(at: error), traceback].compactMap { $0 }.joined(separator: "\n")
            StandardError.write("Process \(record.name):\n\(text)\n")
        }
        ProcessResult.leaveError(lua, message: lua.errorText(at: error), traceback: traceback, in: record)
        return 1
    }
}
