import Glibc
import InterProcess
import LuaBridge

/// `<Process name='Process-1' pid=412 parent=411 started daemon>`
enum ProcessDescription {
    static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.userdata.check(lua, at: 1)
        lua.push(try text(lua, of: 1, state))
        return 1
    }

    static func text(
        _ lua: Lua, of index: Int32, _ state: UnsafeMutablePointer<ProcessState>
    ) throws(LuaFault) -> String {
        let exitCode = state.pointee.phase == .closed ? nil : Children.exitCode(lua, of: index, state)
        var parts = [
            ProcessClass.name(of: index, in: lua), "name='\(ProcessObject.name(of: index, in: lua))'",
        ]
        if state.isSelf {
            parts.append("pid=\(getpid())")
        } else if let child = state.pointee.child {
            parts.append("pid=\(child.pid)")
        }
        parts.append("parent=\(state.isSelf ? getppid() : state.pointee.creator)")
        parts.append(status(state))
        if let exitCode {
            parts.append("exitcode=\(exitCode < 0 ? "-" + SignalName.of(-exitCode) : "\(exitCode)")")
        }
        if state.pointee.isDaemon { parts.append("daemon") }
        return "<\(parts.joined(separator: " "))>"
    }

    private static func status(_ state: UnsafeMutablePointer<ProcessState>) -> String {
        if state.isSelf { return "started" }
        switch state.pointee.phase {
        case .closed: return "closed"
        case _ where state.pointee.creator != getpid(): return "unknown"
        case .initial: return "initial"
        case .started: return "started"
        case .ended: return "stopped"
        }
    }
}
