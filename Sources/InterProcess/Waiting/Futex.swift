import CInterProcess
import Glibc

/// The lifeline of a process that was alive a moment ago: the word to watch and its value.
struct LifelineWatch {
    let word: UnsafeMutablePointer<UInt32>
    let value: UInt32
}

/// Sleeping in the kernel on words of shared memory.
enum Futex {
    enum Outcome {
        case woken
        case interrupted
        case timedOut
    }

    /// Sleeps until `word` is woken or changes, or the watched process dies.
    @discardableResult
    static func sleep(
        on word: UnsafeMutablePointer<UInt32>, whileEqual value: UInt32,
        watching lifeline: LifelineWatch, until deadline: UInt64
    ) -> Outcome {
        withUnsafeTemporaryAllocation(of: ip_futex.self, capacity: 2) { futexes in
            futexes.initializeElement(at: 0, to: ip_futex(word: word, expected: value))
            futexes.initializeElement(at: 1, to: ip_futex(word: lifeline.word, expected: lifeline.value))
            return sleep(on: UnsafeBufferPointer(futexes), until: deadline)
        }
    }

    /// Sleeps until one of the words is woken or differs from its value.
    static func sleep(on futexes: UnsafeBufferPointer<ip_futex>, until deadline: UInt64) -> Outcome {
        switch -ip_futex_wait(futexes.baseAddress, UInt32(futexes.count), deadline) {
        case EINTR: return .interrupted
        case ETIMEDOUT: return .timedOut
        default: return .woken
        }
    }
}
