import InterProcess
import LuaBridge

/// What is shown of a deadlock: who waits where for what, who holds what, the cycle, and one remedy.
public enum DeadlockReport {
    /// Processes that are listed in full.
    private static let most = 20

    /// Shows it on stderr, in one piece.
    static func show(_ deadlock: Deadlock) { StandardError.write(text(deadlock)) }

    private static func text(_ deadlock: Deadlock) -> String {
        let explanation = DeadlockExplanation.of(deadlock.kind)
        let kind = deadlock.isCertain ? "deadlock" : "possible deadlock"
        var lines = ["mprun: \(kind) \(deadlock.kind.code): \(explanation.title)"]
        for process in deadlock.processes.prefix(most) { lines += describe(process) }
        if deadlock.processes.count > most { lines.append("  … and \(deadlock.processes.count - most) more") }
        lines += cycle(deadlock)
        if !deadlock.isCertain { lines.append("  (other processes can still act and may end this)") }
        lines.append("  remedy: \(explanation.remedy)")
        lines.append("  (mprun --explain \(deadlock.kind.code) says more)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Who, where and for how long; then, a line each, what it waits for and what it holds.
    private static func describe(_ blocked: BlockedProcess) -> [String] {
        let process = blocked.process
        return ["  \(process.name) (pid \(process.pid))\(Words.duration(of: blocked.wait))"]
            + ([Words.what(blocked.wait)] + Words.held(by: process)).map { "      \($0)" }
    }

    /// A process, then a line for each step: `→ Lock 'b' (bank.lua:4), held by Process-2`.
    private static func cycle(_ deadlock: Deadlock) -> [String] {
        let members = deadlock.processes.prefix(deadlock.cycleLength)
        guard let first = members.first else { return [] }
        return ["  cycle: \(first.process.name)"]
            + members.enumerated().map { position, blocked in
                let next = members[(position + 1) % members.count].process.name
                guard blocked.wait.operation == .acquire, let object = blocked.wait.object else {
                    return "      → joins \(next)"
                }
                return "      → \(SharedClasses.title(object)), held by \(next)"
            }
    }
}
