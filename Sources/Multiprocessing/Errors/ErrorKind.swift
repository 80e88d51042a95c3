/// What kind of thing went wrong: the field `kind` of an error object, and the value of `mp.Empty` and the like.
///
/// The names are Python's where Python has one.
enum ErrorKind: String, CaseIterable, Sendable {
    case empty = "Empty"
    case full = "Full"
    case shutDown = "ShutDown"
    case timeoutError = "TimeoutError"
    case eofError = "EOFError"
    case brokenPipeError = "BrokenPipeError"
    case osError = "OSError"
    case valueError = "ValueError"
    case bufferTooShort = "BufferTooShort"
    case authenticationError = "AuthenticationError"
    case brokenBarrierError = "BrokenBarrierError"
    case ownerDiedError = "OwnerDiedError"
    case processError = "ProcessError"
    case remoteError = "RemoteError"
    case serializationError = "SerializationError"
    case deadlockError = "DeadlockError"
    case cancelledError = "CancelledError"
    case memoryError = "MemoryError"
}
