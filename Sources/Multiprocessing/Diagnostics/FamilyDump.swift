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

    /// What it does: `runs`, or what it waits for.
    private static func activity(_ process: ProcessView) -> String {
        guard let wait = process.wait else { return "runs" }
        return Words.what(wait) + (wait.secondsLeft.map { ", at most \(Words.seconds($0)) more" } ?? "")
    }

    private static func describe(_ process: ProcessView, _ traceback: String?) -> [String] {
        var facts = ["pid \(process.pid)"]
        if process.parentPid > 0 { facts.append("started by \(process.parentPid)") }
        if process.isDaemon { facts.append("daemon") }
        var line = "\(process.name) (\(facts.joined(separator: ", ")))"
        if let wait = process.wait {
            line += Words.duration(of: wait)
        }
        var lines = [line] + ([activity(process)] + Words.held(by: process)).map { "    \($0)" }
        if let traceback {
            lines += traceback.split(separator: "\n").map { "    \($0)" }
        } else {
            lines.append("    (no traceback: it is in code that is not Lua, or stopped)")
        }
        return lines
    }
}
