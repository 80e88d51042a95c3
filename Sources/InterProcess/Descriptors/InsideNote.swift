// Who is inside a message: has received or sent a part of it.
//
// Layout: one word a side of a pipe and direction (PipeStorage), a ProcessRef, 0 = nobody.
//
// Invariant: whoever receives or sends a part of a message is noted before its next system call on the pipe; of a message
// that may not go through the socket in one piece, before the first.
//
// A crash leaves: a note of the dead. Whoever uses that side next cuts the stream; who waits for the rest of a message at the
// other side knows that it will not come.

/// The note of who is inside a message, in one direction of one side of a pipe.
struct InsideNote {
    let word: SharedWord
    private var isMade = false

    /// The longest message, header included, that certainly goes through a socket in one piece: neither end of it is noted
    /// before it has gone through in part.
    static let longestInOnePiece = 16 << 10

    init(_ word: SharedWord) { self.word = word }

    /// Whether somebody died inside a message, so that what follows is the rest of it.
    var isOfTheDead: Bool {
        let inside = ProcessRef(rawValue: word.load())
        return inside != .none && !inside.isAlive
    }

    /// This process is inside one from now on.
    mutating func make() {
        guard !isMade else { return }
        isMade = true
        word.store(ProcessRef.current.rawValue)
    }

    /// It is not any more.
    mutating func clear() {
        guard isMade else { return }
        isMade = false
        word.store(0)
    }
}
