import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// The children of this process: the Process objects of those that were started and are not known to have ended.
enum Children {
    /// Lua objects by pid. They are kept alive here: a child is reaped even if the script has dropped its object.
    private static let objects = Registry.Key.children

    static func add(_ lua: Lua, objectAt index: Int32, _ child: ChildProcess) {
        let index = lua.absolute(index)
        Registry.pushTable(objects, to: lua)
        lua.pushValue(at: index)
        lua.rawSet(Int64(child.pid), at: -2)
        lua.pop()
    }

    /// In a forked child: these are its parent's.
    static func inheritedByChild(_ lua: Lua) {
        lua.pushNil()
        Registry.set(objects, in: lua)
    }

    /// How the process of the object ended, nil while it runs or where that cannot be known. Reaps it.
    static func exitCode(_ lua: Lua, of index: Int32, _ state: UnsafeMutablePointer<ProcessState>) -> Int32? {
        switch state.pointee.phase {
        case .ended: return state.pointee.exitCode
        case .started:
            guard let child = state.pointee.child else { return nil }
            guard state.pointee.creator == getpid() else { return child.record.exitCode }
            guard let code = child.poll() else { return nil }
            end(lua, state, code)
            return code
        case .initial, .closed: return nil
        }
    }

    /// Waits for the process of the object and reaps it. Returns false if the time is over.
    static func join(
        _ lua: Lua, _ state: UnsafeMutablePointer<ProcessState>, until deadline: Deadline
    ) throws(LuaFault) -> Bool {
        guard state.pointee.phase == .started, let child = state.pointee.child else { return true }
        Operation.enter(.joinProcess, child.record.object)
        switch child.join(until: deadline) {
        case .ready:
            end(lua, state, child.record.exitCode ?? 255)
            return true
        case .timedOut: return false
        case .interrupted: throw lua.interrupted()
        }
    }

    private static func end(_ lua: Lua, _ state: UnsafeMutablePointer<ProcessState>, _ code: Int32) {
        state.pointee.phase = .ended
        state.pointee.exitCode = code
        guard let child = state.pointee.child else { return }
        Registry.pushTable(objects, to: lua)
        lua.pushNil()
        lua.rawSet(Int64(child.pid), at: -2)
        lua.pop()
    }

    /// Calls `body` with each object on top of the stack.
    private static func forEach(_ lua: Lua, _ body: (UnsafeMutablePointer<ProcessState>) -> Void) {
        guard ChildProcess.hasForked else { return }
        Registry.pushTable(objects, to: lua)
        let table = lua.top
        // The body may remove entries: a list of the pids first.
        var pids: [Int64] = []
        lua.pushNil()
        do throws(LuaFault) {
            while try lua.next(at: table) {
                lua.pop()
                if let pid = lua.integer(at: -1) { pids.append(pid) }
            }
        } catch {}
        for pid in pids.sorted() {
            lua.rawGet(pid, at: table)
            if let state = ProcessObject.userdata.object(lua, at: -1) { body(state) }
            lua.pop()
        }
        lua.top = table - 1
    }

    /// Reaps all that have ended.
    static func reapFinished(_ lua: Lua) {
        DepartedChildren.reapFinished()
        // One question for all of them: there may be a thousand.
        guard ip_child_has_ended() else { return }
        forEach(lua) { _ = exitCode(lua, of: -1, $0) }
    }

    nonisolated(unsafe) private static var reaping = Occasionally()

    /// Does that now and then: for whoever starts many and joins none.
    static func reapFinishedOccasionally(_ lua: Lua) { reaping.run { reapFinished(lua) } }

    /// Pushes a list of the children that run.
    static func pushActive(_ lua: Lua) {
        reapFinished(lua)
        DepartedChildren.reapAll()
        lua.createTable()
        let list = lua.top
        var count: Int64 = 0
        forEach(lua) { _ in
            count += 1
            lua.pushValue(at: -1)
            lua.rawSet(count, at: list)
        }
    }

    // MARK: The end

    /// Terminates the daemons; those that do not end in time are killed.
    static func endDaemons(_ lua: Lua, within seconds: Double) {
        guard ChildProcess.hasForked else { return }
        forEach(lua) { state in
            guard state.pointee.isDaemon, let child = state.pointee.child else { return }
            Logging.info(lua, "calling terminate() for daemon \(ProcessObject.name(of: -1, in: lua))")
            try? child.send(SIGTERM)
        }
        let deadline = Deadline.after(seconds: seconds)
        forEach(lua) { state in
            guard state.pointee.isDaemon, let child = state.pointee.child else { return }
            if EndOfProcess.patiently(lua, { child.join(until: deadline) }) != .ready {
                try? child.send(SIGKILL)
                _ = child.join(until: .after(seconds: 10))
            }
            end(lua, state, child.record.exitCode ?? -SIGKILL)
        }
    }

    /// Joins all children, telling after a while whom it waits for.
    ///
    /// - Returns: false if interrupted.
    static func joinAll(_ lua: Lua, patience: Double) -> Bool {
        guard ChildProcess.hasForked else { return true }
        let notice = Deadline.after(seconds: patience)
        var isInterrupted = false
        var hasNotified = false
        forEach(lua) { state in
            guard !isInterrupted, let child = state.pointee.child, state.pointee.phase == .started else {
                return
            }
            Logging.info(lua, "calling join() for process \(ProcessObject.name(of: -1, in: lua))")
            var outcome = EndOfProcess.patiently(lua) { child.join(until: notice) }
            if outcome == .timedOut {
                if !hasNotified { WaitingNotice.show(running(lua)) }
                hasNotified = true
                outcome = EndOfProcess.patiently(lua) { child.join(until: .never) }
            }
            if outcome == .interrupted {
                isInterrupted = true
            } else {
                end(lua, state, child.record.exitCode ?? 255)
            }
        }
        return !isInterrupted
    }

    private static func running(_ lua: Lua) -> [(name: String, pid: pid_t)] {
        var list: [(name: String, pid: pid_t)] = []
        forEach(lua) { state in
            guard let child = state.pointee.child, state.pointee.phase == .started, child.poll() == nil else {
                return
            }
            list.append((ProcessObject.name(of: -1, in: lua), child.pid))
        }
        return list
    }

    /// After Ctrl-C: everyone else is interrupted too, and killed if that does not help.
    static func abandon(_ lua: Lua) {
        Interruption.noteRaised()
        guard Family.isMainProcess else {
            forEach(lua) { state in try? state.pointee.child?.send(SIGINT) }
            return
        }
        Family.endAll(with: SIGINT, grace: 1)
    }
}
