import Glibc

extension Channel {
    /// Receives a message, waiting for it as long as it takes.
    ///
    /// - Parameter limit: the most bytes it may have.
    public func receive(atMost limit: Int = .max) throws(ChannelFailure) -> InboundMessage {
        let pipe = end.pipe
        let side = end.side
        guard !pipe.hasFlag(.cutReceiving, side) else { throw .cutInsideMessage }
        var reading = Reading(socket: socket, end: end, limit: limit)
        if reading.inside.isOfTheDead {
            cut(.cutReceiving, SHUT_RD)
            throw .cutInsideMessage
        }
        do throws(ChannelFailure) {
            if try !reading.attempt() { try wait(reading: &reading) }
        } catch {
            if reading.leavesRest(error) { cut(.cutReceiving, SHUT_RD) }
            reading.inside.clear()
            reading.message.release()
            throw error
        }
        reading.inside.clear()
        let message = reading.message
        if let number = MessageHeader.parcel(of: message.bytes) {
            message.attach(pipe.parcels(to: side).take(number))
        }
        if reading.lostDescriptors {
            message.release()
            throw .system(SystemError(code: EMFILE, doing: "receiving descriptors"))
        }
        return message
    }

    private func wait(reading: inout Reading) throws(ChannelFailure) {
        let pin = pin()
        defer { HandleTable.release(pin) }
        var set = waitSet(for: POLLIN)
        let outcome = try Waiting.wait(
            Operation(.receive, on: end.object), in: &set, until: .never, looksReady: nil
        ) { () throws(ChannelFailure) in try reading.attempt() }
        if outcome != .ready { throw .interrupted }
    }
}

/// A message on its way in.
private struct Reading {
    let socket: StreamSocket
    let end: PipeEnd
    let limit: Int
    let message = InboundMessage()
    var inside: InsideNote
    private(set) var lostDescriptors = false

    private enum Stage {
        case shortLength
        case longLength
        case content
    }

    private var stage = Stage.shortLength
    /// The bytes of the length that came so far.
    private var length: UInt64 = 0
    private var received = 0
    /// Bytes of content there will be.
    private var total = 0

    init(socket: StreamSocket, end: PipeEnd, limit: Int) {
        self.socket = socket
        self.end = end
        self.limit = limit
        inside = InsideNote(end.pipe.receiver(end.side))
    }

    private var hasBegun: Bool { stage != .shortLength || received > 0 }

    /// Whether after this failure the socket holds the rest of a message.
    func leavesRest(_ failure: ChannelFailure) -> Bool {
        switch failure {
        case .badLength, .endInsideMessage, .endOfStream: false
        default: hasBegun
        }
    }

    /// Receives what is there. Returns whether that is all of the message.
    mutating func attempt() throws(ChannelFailure) -> Bool {
        var isAbandoned = false
        while true {
            if stage == .content, message.count == total { return true }
            switch try receiveNext() {
            case .moved(let count):
                try advance(by: count)
                if stage != .content || message.count < total { inside.make() }
            case .wouldBlock:
                // What was sent before the last of the others left must still be received.
                if isAbandoned { throw hasBegun ? .endInsideMessage : .endOfStream }
                // Nobody else sends the rest.
                if hasBegun, senderIsDead, !socket.hasInput { throw .endInsideMessage }
                isAbandoned = end.otherIsAbandoned(forEver: true)
                if !isAbandoned {
                    forgetAbandonedParcels()
                    return false
                }
            case .ended: throw hasBegun ? .endInsideMessage : .endOfStream
            case .failed(let error): throw .system(SystemError(code: error, doing: "receiving"))
            }
        }
    }

    private var senderIsDead: Bool { InsideNote(end.pipe.sender(1 - end.side)).isOfTheDead }

    private mutating func receiveNext() throws(ChannelFailure) -> StreamSocket.Transfer {
        if !hasBegun, let transfer = try receiveFromStart() { return transfer }
        if stage == .content {
            guard let room = message.room(of: total) else { throw .noMemory(total) }
            return receive(into: room)
        }
        let wanted = stage == .shortLength ? MessageHeader.shortBytes : MessageHeader.longBytes
        var bytes = length
        defer { length = bytes }
        return withUnsafeMutableBytes(of: &bytes) {
            receive(into: UnsafeMutableRawBufferPointer(rebasing: $0[received..<wanted]))
        }
    }

    /// Looks at the length, which stays in the socket, and then takes it together with the content: who is killed in between
    /// leaves a whole message. Nil if not all of the length is there.
    private mutating func receiveFromStart() throws(ChannelFailure) -> StreamSocket.Transfer? {
        var header: (UInt64, UInt64) = (0, 0)
        let seen = withUnsafeMutableBytes(of: &header) { bytes in
            socket.peek(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<MessageHeader.longestLength]))
        }
        guard case .moved(let count) = seen else { return seen }
        guard let (headerBytes, contentBytes) = try lengths(in: &header, count) else { return nil }
        var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        if contentBytes > 0 {
            guard let memory = message.room(of: contentBytes) else { throw .noMemory(contentBytes) }
            room = memory
        }
        if headerBytes + contentBytes > InsideNote.longestInOnePiece { inside.make() }
        let transfer = withUnsafeMutableBytes(of: &header) { bytes in
            receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<headerBytes]), room)
        }
        guard case .moved(let taken) = transfer else {
            // Somebody else has taken it.
            inside.clear()
            return transfer
        }
        // So much had been seen of it.
        guard taken >= headerBytes else { throw .badLength }
        stage = .content
        total = contentBytes
        return .moved(taken - headerBytes)
    }

    /// How long the header is, and how long the content, by the first bytes; nil if these are too few to tell.
    private func lengths(
        in header: inout (UInt64, UInt64), _ count: Int
    ) throws(ChannelFailure) -> (header: Int, content: Int)? {
        guard count >= MessageHeader.shortBytes else { return nil }
        let (short, long) = withUnsafeBytes(of: &header) { bytes in
            let start = bytes.baseAddress.unsafelyUnwrapped
            return (
                MessageHeader.length(short: start),
                MessageHeader.length(long: start + MessageHeader.shortBytes)
            )
        }
        switch short {
        case .bytes(let content) where content <= limit: return (MessageHeader.shortBytes, content)
        case .long:
            guard count == MessageHeader.longestLength else { return nil }
            if case .bytes(let content) = long, content <= limit {
                return (MessageHeader.longestLength, content)
            }
            throw .badLength
        case .bytes, .invalid: throw .badLength
        }
    }

    /// Receives into the first part, and what is left into the second.
    private mutating func receive(
        into first: UnsafeMutableRawBufferPointer, _ second: UnsafeMutableRawBufferPointer? = nil
    ) -> StreamSocket.Transfer {
        var descriptors: [Int32] = []
        let transfer = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
            var count = 0
            for part in [first, second] {
                guard let part, part.count > 0 else { continue }
                parts.initializeElement(at: count, to: iovec(iov_base: part.baseAddress, iov_len: part.count))
                count += 1
            }
            return socket.receive(
                into: UnsafeBufferPointer(rebasing: parts[..<count]), &descriptors, &lostDescriptors)
        }
        if !descriptors.isEmpty { message.add(descriptors) }
        return transfer
    }

    private mutating func advance(by count: Int) throws(ChannelFailure) {
        if stage == .content { return message.noteReceived(count) }
        received += count
        let isShort = stage == .shortLength
        guard received == (isShort ? MessageHeader.shortBytes : MessageHeader.longBytes) else { return }
        let length = withUnsafeBytes(of: &length) {
            let bytes = $0.baseAddress.unsafelyUnwrapped
            return isShort ? MessageHeader.length(short: bytes) : MessageHeader.length(long: bytes)
        }
        received = 0
        switch length {
        case .long: stage = .longLength
        case .bytes(let count) where count <= limit:
            total = count
            stage = .content
        case .bytes, .invalid: throw .badLength
        }
    }

    /// Between two messages and with nothing to receive, parcels of what was sent, or never will be, are parcels of nothing.
    private func forgetAbandonedParcels() {
        let parcels = end.pipe.parcels(to: end.side)
        guard !parcels.isEmpty, !hasBegun else { return }
        parcels.removeAbandoned(isDrained: { !socket.hasInput })
    }
}
