import Glibc

/// A message channel: one end of a pipe as the calling process has it, the descriptor and a share
/// of what the family knows of it. Plain data: it can live in Lua's memory.
///
/// Like any stream, an end that several processes read from, or that several write long messages
/// to, needs a lock of theirs around each message.
public struct Channel: BitwiseCopyable, Sendable {
    /// The socket of this end.
    public let socket: StreamSocket
    private let endIndex: Int

    /// The shared side of it.
    public var end: PipeEnd { PipeEnd(SharedObject(index: endIndex)) }

    /// The descriptor of this end in this process.
    public var descriptor: Int32 { socket.descriptor }

    init(socket: StreamSocket, end: PipeEnd) {
        self.socket = socket
        endIndex = end.object.index
    }

    /// Two channels connected to each other.
    public static func makePair(
        name: String? = nil, place: UInt64 = 0
    ) throws(ChannelFailure) -> (Channel, Channel) {
        let sockets: (StreamSocket, StreamSocket)
        do throws(SystemError) { sockets = try StreamSocket.pair() } catch { throw .system(error) }
        do throws(SharedMemoryExhausted) {
            let ends = try PipeEnd.makePair(name: name, place: place)
            return (Channel(socket: sockets.0, end: ends.0), Channel(socket: sockets.1, end: ends.1))
        } catch {
            sockets.0.close()
            sockets.1.close()
            throw .memory(error)
        }
    }

    /// Closes this process's descriptor and gives its share back.
    public func close() {
        socket.close()
        HandleTable.release(end.object)
    }

    /// Whether a receive would have something to do at once: a message, a part of one, or the end.
    public var hasInput: Bool { socket.hasInput || end.otherIsAbandoned(forEver: false) }

    /// Keeps this end, whose list the caller is about to wait in, for as long as that takes: a signal's handler may close it.
    ///
    /// - Returns: what the caller releases then.
    func pin() -> SharedObject {
        HandleTable.retain(end.object)
        return end.object
    }

    /// What a wait at this end listens to. Such waits do not spin: a look at a socket is a system call,
    /// and the kernel wakes the sleeper of a socket on the processor of who wrote to it.
    func waitSet(for events: Int32) -> WaitSet {
        var set = WaitSet()
        set.descriptors = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
        // Where this process has no copy of the other end the kernel tells of everything.
        if end.holdsOther { set.lists = [end.waiters] }
        return set
    }
}

/// Why a message could not be sent or received.
public enum ChannelFailure: Error {
    /// The other end is closed and everything it sent was received.
    case endOfStream
    /// The other end was closed in the middle of a message.
    case endInsideMessage
    /// The other end is closed: nobody would receive it.
    case brokenPipe
    /// Ctrl-C.
    case interrupted
    /// An earlier message was interrupted half-way: what follows could not be told from the rest of it.
    case cutInsideMessage
    /// The message is longer than the caller allows, or its length is nonsense. It was not received, and
    /// nothing can be received after it.
    case badLength
    /// There is no memory for a message of so many bytes.
    case noMemory(Int)
    /// The objects that a message carries need shared memory, and there is none.
    case memory(SharedMemoryExhausted)
    /// The system refused.
    case system(SystemError)
}
