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
        do throws(ChannelFailure) {
            if try !reading.attempt() { try wait(reading: &reading) }
        } catch {
            if reading.leavesRest(error) { cut(.cutReceiving, SHUT_RD) }
            reading.message.release()
            throw error
        }
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
            case .moved(let count): try advance(by: count)
            case .wouldBlock:
                // What was sent before the last of the others left must still be received.
                if isAbandoned { throw hasBegun ? .endInsideMessage : .endOfStream }
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

    private mutating func receiveNext() throws(ChannelFailure) -> StreamSocket.Transfer {
        var descriptors: [Int32] = []
        let transfer: StreamSocket.Transfer
        if stage == .content {
            guard let room = message.room(of: total) else { throw .noMemory(total) }
            transfer = socket.receive(into: room, &descriptors, &lostDescriptors)
        } else {
            let wanted = stage == .shortLength ? MessageHeader.shortBytes : MessageHeader.longBytes
            let (socket, received) = (socket, received)
            transfer = withUnsafeMutableBytes(of: &length) { bytes in
                socket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[received..<wanted]), &descriptors,
                    &lostDescriptors)
            }
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

    /// Between two messages and with nothing to receive, parcels of dead senders are parcels of nothing.
    private func forgetAbandonedParcels() {
        let parcels = end.pipe.parcels(to: end.side)
        guard !parcels.isEmpty, !hasBegun else { return }
        parcels.removeAbandoned(isDrained: { !socket.hasInput })
    }
}
