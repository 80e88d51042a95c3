// Where a process writes where its script is, for somebody who asked.
//
// Layout, in the slot: number of the last request · of the last answer · length · text, 1,512 bytes.
//
// Invariants: who asks raises the first word and sets a bit of the attention word; the process writes text and length,
// then the second word. The text is whole as long as the two are equal.
//
// A crash leaves: a request without an answer.

import Glibc

struct TracebackArea {
    let base: UnsafeMutableRawPointer

    static let capacity = 1512

    private var asked: SharedWord { SharedWord(base) }
    private var answered: SharedWord { SharedWord(base + 8) }
    private var length: SharedWord { SharedWord(base + 16) }

    /// Asks for a traceback. Returns the number of the request.
    func ask() -> UInt64 { asked.add(1) &+ 1 }

    /// Answers what was asked last.
    func answer(_ text: String) {
        let number = asked.load()
        let bytes = Array(text.utf8.prefix(Self.capacity))
        (base + 24).copyMemory(from: bytes, byteCount: bytes.count)
        length.storeRelaxed(UInt64(bytes.count))
        answered.store(number)
    }

    /// The answer to that request, once it is there.
    func answer(to number: UInt64) -> String? {
        guard answered.load() >= number else { return nil }
        let count = min(Int(truncatingIfNeeded: length.relaxed()), Self.capacity)
        return String(decoding: UnsafeRawBufferPointer(start: base + 24, count: count), as: UTF8.self)
    }
}
