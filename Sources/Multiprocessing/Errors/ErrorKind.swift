/// What kind of thing went wrong: the field `kind` of an error object, and the value of `mp.Empty` and the like.
///
/// The names are Python's where Python has one. A program that embeds scripts finds them in `LuaError.kind`.
public enum ErrorKind: String, CaseIterable, Sendable {
    /// There is no item, or there was none in time.
    case empty = "Empty"
    /// There is no room, or there was none in time.
    case full = "Full"
    /// The queue was shut down.
    case shutDown = "ShutDown"
    /// The time limit passed.
    case timeoutError = "TimeoutError"
    /// Nothing will come any more: all other ends are closed.
    case eofError = "EOFError"
    /// Nobody can receive any more.
    case brokenPipeError = "BrokenPipeError"
    /// The system refused; `errno` says why.
    case osError = "OSError"
    /// A value or a state that the operation does not take.
    case valueError = "ValueError"
    /// A message is longer than was allowed for.
    case bufferTooShort = "BufferTooShort"
    /// The other side does not know the key.
    case authenticationError = "AuthenticationError"
    /// The barrier was reset, aborted, or somebody at it died.
    case brokenBarrierError = "BrokenBarrierError"
    /// The holder of a lock died; what the lock protects may be half changed.
    case ownerDiedError = "OwnerDiedError"
    /// A process failed or died.
    case processError = "ProcessError"
    /// A function failed in a worker.
    case remoteError = "RemoteError"
    /// A value cannot be copied to another process.
    case serializationError = "SerializationError"
    /// Nobody can ever end this wait.
    case deadlockError = "DeadlockError"
    /// The task was cancelled.
    case cancelledError = "CancelledError"
    /// The shared memory is exhausted.
    case memoryError = "MemoryError"
}
