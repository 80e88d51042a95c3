import Glibc

extension Channel {
    /// Sends a message, waiting for room as long as it takes. On failure nothing was sent, or
    /// nothing can be sent any more.
    ///
    /// - Parameters:
    ///   - message: its handles stay valid until it is received.
    ///   - channels: travel along; the receiver gets copies, the caller keeps its own. At most 253.
    public func send(_ message: Message, with channels: [Channel] = []) throws(ChannelFailure) {
        for channel in channels { channel.end.noteSent() }
        try send(
            message, channels.map(\.descriptor), shares: channels.map(\.end.object.handle) + message.handles)
    }

    /// Sends a descriptor, as a message of no bytes. The receiver gets a copy.
    public func send(descriptor: Int32) throws(ChannelFailure) {
        try send(Message(pieces: UnsafeBufferPointer(start: nil, count: 0)), [descriptor], shares: [])
    }

    /// - Parameter shares: what must stay alive until the message is received; the ends that belong to
    ///   the descriptors come first, in their order.
    private func send(_ message: Message, _ descriptors: [Int32], shares: [Handle]) throws(ChannelFailure) {
        let pipe = end.pipe
        let side = end.side
        guard !pipe.hasFlag(.cutSending, side) else { throw .cutInsideMessage }
        if InsideNote(pipe.sender(side)).isOfTheDead {
            cut(.cutSending, SHUT_WR)
            throw .cutInsideMessage
        }
        var parcel: UInt64?
        if !shares.isEmpty {
            do throws(SharedMemoryExhausted) {
                parcel = try pipe.parcels(to: 1 - side).post(shares)
            } catch { throw .memory(error) }
        }
        defer { if let parcel { ParcelList.noteSent(parcel) } }
        do throws(ChannelFailure) {
            try write(message, parcel, descriptors)
        } catch {
            if let parcel { pipe.parcels(to: 1 - side).take(parcel)?.free() }
            throw error
        }
    }

    private func write(_ message: Message, _ parcel: UInt64?, _ descriptors: [Int32]) throws(ChannelFailure) {
        try withUnsafeTemporaryAllocation(byteCount: MessageHeader.capacity, alignment: 8) {
            header throws(ChannelFailure) in
            let base = header.baseAddress.unsafelyUnwrapped
            let bytes = MessageHeader.write(contentBytes: message.count, parcel: parcel, to: base)
            var writing = Writing(
                socket: socket, end: end, descriptors: descriptors,
                header: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(header)[..<bytes]),
                pieces: message.pieces)
            defer { writing.inside.clear() }
            if try writing.attempt() { return }
            try wait(writing: &writing)
        }
    }

    private func wait(writing: inout Writing) throws(ChannelFailure) {
        let pin = pin()
        defer { HandleTable.release(pin) }
        var set = waitSet(for: POLLOUT)
        let outcome = try Waiting.wait(
            Operation(.send, on: end.object), in: &set, until: .never, looksReady: nil
        ) { () throws(ChannelFailure) in try writing.attempt() }
        if outcome == .ready { return }
        if writing.hasBegun { cut(.cutSending, SHUT_WR) }
        throw .interrupted
    }

    /// Ends one direction for all processes that have this end: its messages can be told apart no more.
    func cut(_ flag: PipeStorage.Flag, _ direction: Int) {
        end.pipe.setFlag(flag, end.side)
        socket.shutDown(direction)
    }
}

/// A message on its way out.
private struct Writing {
    let socket: StreamSocket
    let end: PipeEnd
    /// Go with the first byte.
    let descriptors: [Int32]
    let header: UnsafeRawBufferPointer
    let pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>

    var inside: InsideNote
    private let isLong: Bool

    /// The part that goes next, 0 being the header, and how much of it is gone.
    private var part = 0
    private var offset = 0

    private static let mostParts = 64

    init(
        socket: StreamSocket, end: PipeEnd, descriptors: [Int32], header: UnsafeRawBufferPointer,
        pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>
    ) {
        self.socket = socket
        self.end = end
        self.descriptors = descriptors
        self.header = header
        self.pieces = pieces
        inside = InsideNote(end.pipe.sender(end.side))
        isLong = header.count + pieces.reduce(0) { $0 + $1.count } > InsideNote.longestInOnePiece
    }

    var hasBegun: Bool { part > 0 || offset > 0 }

    private subscript(part: Int) -> UnsafeRawBufferPointer { part == 0 ? header : pieces[part - 1] }

    /// Sends what there is room for. Returns whether all is sent.
    mutating func attempt() throws(ChannelFailure) -> Bool {
        while part <= pieces.count {
            if isLong { inside.make() }
            switch sendNext() {
            case .moved(let count):
                advance(by: count)
                if part <= pieces.count { inside.make() }
            case .wouldBlock:
                if !hasBegun { inside.clear() }
                guard end.otherIsAbandoned(forEver: true) else { return false }
                throw .brokenPipe
            case .ended: throw .brokenPipe
            case .failed(let error): throw .system(SystemError(code: error, doing: "sending"))
            }
        }
        return true
    }

    private func sendNext() -> StreamSocket.Transfer {
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.mostParts) { parts in
            var count = 0
            var next = part
            while next <= pieces.count, count < parts.count {
                let skipped = next == part ? offset : 0
                let bytes = self[next]
                if bytes.count > skipped {
                    let start = bytes.baseAddress.unsafelyUnwrapped + skipped
                    let rest = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: start), iov_len: bytes.count - skipped)
                    parts.initializeElement(at: count, to: rest)
                    count += 1
                }
                next += 1
            }
            // Only empty parts are left.
            if count == 0 { return .moved(0) }
            return socket.send(
                UnsafeBufferPointer(rebasing: parts[..<count]), with: hasBegun ? [] : descriptors)
        }
    }

    private mutating func advance(by count: Int) {
        offset += count
        while part <= pieces.count, offset >= self[part].count {
            offset -= self[part].count
            part += 1
        }
    }
}
