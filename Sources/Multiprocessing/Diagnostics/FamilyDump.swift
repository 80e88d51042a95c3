import Glibc
import InterProcess

/// What `--dump` and Ctrl-\\ show: each process of a family, what its script is at, what it waits for, what it holds.
public enum FamilyDump {
    /// The text for the family that a process belongs to.
    public static func text(of pid: pid_t) throws(SystemError) -> String {
        try FamilyObserver.attach(to: pid)
        let all = FamilyObserver.processes()
        let count = all.count == 1 ? "1 process" : "\(all.count) processes"
        var lines = ["mprun: \(count)"]
        for (process, traceback) in all { lines += describe(process, traceback) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ process: ProcessView, _ traceback: String?) -> [String] {
        var facts = ["pid \(process.pid)"]
        if process.parentPid > 0 { facts.append("started by \(process.parentPid)") }
        if process.isDaemon { facts.append("daemon") }
        var line = "\(process.name) (\(facts.joined(separator: ", ")))"
        if let wait = process.wait {
            line += "\(Words.duration(of: wait)): \(Words.what(wait))"
            if let left = wait.secondsLeft { line += ", at most \(Words.seconds(left)) more" }
        } else {
            line += ": runs"
        }
        var lines = [line] + Words.held(by: process).map { "    \($0)" }
        if let traceback {
            lines += traceback.split(separator: "\n").map { "    \($0)" }
        } else {
            lines.append("    (no traceback: it is in code that is not Lua, or stopped)")
        }
        return lines
    }
}
