import InterProcess
import LuaBridge

/// The DeadlockError of a process whose wait was part of a deadlock.
enum DeadlockErrors {
    /// Pushes the error if a deadlock ended the wait of this process.
    static func take(_ lua: Lua) -> LuaFault? {
        Attention.takeDeadlock().map { kind in
            ErrorObject.make(lua, .deadlockError, "\(kind.code), \(DeadlockExplanation.of(kind).title)")
        }
    }
}

/// What the host of the module decides about deadlocks.
public enum DeadlockPolicy {
    /// What is done when no process of the family can act any more; nothing unless the host says so.
    public static var response: DeadlockResponse {
        get { DeadlockDetector.response }
        set {
            DeadlockDetector.show = { DeadlockReport.show($0) }
            DeadlockDetector.response = newValue
        }
    }

    /// Whether the script had ended when a deadlock of the others was found, which the process waited for.
    nonisolated(unsafe) public private(set) static var wasFoundAtEnd = false

    /// The exit status of a process that would have ended well, had there not been a deadlock.
    public static let status: Int32 = 3

    /// That status, if a deadlock was found when the script had ended.
    static var statusAtEnd: Int32? { wasFoundAtEnd ? status : nil }

    /// A wait at the end of the process was interrupted: true if by a deadlock of those that it waits for.
    static func noteAtEnd() -> Bool {
        guard Attention.takeDeadlock() != nil else { return false }
        wasFoundAtEnd = true
        return true
    }
}
