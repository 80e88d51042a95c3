// Parcels: the shared objects inside messages that are under way in a pipe.
//
// A message in a socket is in the kernel and cannot own shares of objects. Its shares wait
// in the pipe instead, in an envelope whose content is
//
//     next parcel (tagged block, 0 = none) · number · sender (ProcessRef)
//
// and the message begins with the number. Numbers are unique in the family: the sender's serial
// and its own count, so a message that reaches another pipe as mere bytes finds nothing.
//
// Invariants: under the pipe's wait lock; a parcel is in the list from before its message's
// first byte is sent until the message is received. It moves from and to a hand in one transaction. While a process has a
// parcel in a list whose message is not sent yet, its slot names that, or one before it.
//
// A crash leaves: a parcel whose message was never sent, if its sender was killed in between, or was received, if that was its
// receiver. Who finds the socket empty, between two messages, throws those away; what is left goes with the pipe.

import CInterProcess

/// The parcels under way in one direction of a pipe.
struct ParcelList {
    let lock: RobustMutex
    let first: SharedWord
    let last: SharedWord

    private static let contentBytes = 24
    nonisolated(unsafe) private static var sent: UInt64 = 0

    var isEmpty: Bool { first.load() == 0 }

    /// Makes shares of the objects and posts them.
    ///
    /// - Returns: the number of the parcel.
    func post(_ handles: [Handle]) throws(SharedMemoryExhausted) -> UInt64 {
        Self.sent += 1
        let number = Slot.mine.serial.relaxed() << 40 | Self.sent & 0xff_ffff_ffff
        var content: (next: UInt64, number: UInt64, sender: UInt64) = (0, number, ProcessRef.current.rawValue)
        let envelope = try withUnsafeBytes(of: &content) { bytes throws(SharedMemoryExhausted) in
            var piece = bytes
            return try withUnsafePointer(to: &piece) { pieces throws(SharedMemoryExhausted) in
                let content = UnsafeBufferPointer(start: pieces, count: 1)
                return try Envelope.make(Message(pieces: content, handles: handles))
            }
        }
        let entry = envelope.owner.relaxed()
        // A signal's handler may send while this process waits for room to send: the first is named.
        let unsent = Slot.mine.unsentParcel
        if unsent.relaxed() == 0 { unsent.store(number) }
        lock.lock()
        var change = Transaction(under: lock)
        change.set(first.relaxed() == 0 ? first : Parcel(namedBy: last).next, entry)
        change.set(last, entry)
        change.set(envelope.owner, 0)
        change.commit()
        lock.unlock()
        return number
    }

    /// The message of a parcel of this process was sent, or will not be.
    static func noteSent(_ number: UInt64) {
        let unsent = Slot.mine.unsentParcel
        if unsent.relaxed() == number { unsent.store(0) }
    }

    /// Takes a parcel out, into this process's hand; nil if there is none of that number.
    func take(_ number: UInt64) -> Envelope? {
        guard !isEmpty else { return nil }
        let hand = Hand.freeWord
        lock.lock()
        defer { lock.unlock() }
        var previous: UInt64 = 0
        var word = first
        while word.relaxed() != 0 {
            let entry = word.relaxed()
            let parcel = Parcel(namedBy: word)
            if parcel.number == number {
                var change = Transaction(under: lock)
                change.set(word, parcel.next.relaxed())
                if last.relaxed() == entry { change.set(last, previous) }
                change.set(hand, entry)
                change.commit()
                return Envelope(owner: hand)
            }
            previous = entry
            word = parcel.next
        }
        return nil
    }

    /// Throws away parcels whose messages will never come, as whoever sent or received them died.
    ///
    /// - Parameter isDrained: asked after the messages were found to be sent, if ever: whether there is nothing to receive.
    func removeAbandoned(isDrained: () -> Bool) {
        let abandoned = numbers { number, sender in
            let unsent = sender.slot.unsentParcel.load()
            return !sender.isAlive || unsent == 0 || number < unsent
        }
        guard !abandoned.isEmpty, isDrained() else { return }
        for number in abandoned { take(number)?.free() }
    }

    func removeAll() {
        for number in numbers({ _, _ in true }) { take(number)?.free() }
    }

    private func numbers(_ isMeant: (UInt64, ProcessRef) -> Bool) -> [UInt64] {
        lock.lock()
        defer { lock.unlock() }
        var numbers: [UInt64] = []
        var word = first
        while word.relaxed() != 0 {
            let parcel = Parcel(namedBy: word)
            if isMeant(parcel.number, parcel.sender) { numbers.append(parcel.number) }
            word = parcel.next
        }
        return numbers
    }
}

/// The content of one parcel in a list.
private struct Parcel {
    private let content: UnsafeMutableRawPointer

    /// - Parameter word: a word that names it.
    init(namedBy word: SharedWord) {
        content = UnsafeMutableRawPointer(mutating: Envelope(owner: word).bytes.baseAddress.unsafelyUnwrapped)
    }

    var next: SharedWord { SharedWord(content) }
    var number: UInt64 { SharedWord(content + 8).relaxed() }
    var sender: ProcessRef { ProcessRef(rawValue: SharedWord(content + 16).relaxed()) }
}
