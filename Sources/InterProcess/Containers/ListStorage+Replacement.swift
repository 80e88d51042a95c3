// Replacing all elements of a list at once.

extension ListStorage {
    /// Elements that are to replace those of a list. They are in this process's hand: `commit` or `discard` them in the same
    /// operation.
    public struct Replacement {
        private let contents: ContainerContents

        /// No elements.
        public init() throws(SharedMemoryExhausted) { contents = try ContainerContents.make(.list) }

        /// Adds an element.
        public func append(_ message: Message) throws(SharedMemoryExhausted) {
            let count = Int(contents.field(1).relaxed())
            try contents.reserve(count, under: nil)
            let word = contents.word(count)
            if let immediate = StoredValue.immediate(of: message) {
                word.store(immediate)
            } else {
                SharedHeap.move(from: try Envelope.make(message).owner, leaving: 0, into: word)
            }
            contents.field(1).store(UInt64(count + 1))
        }

        /// Makes them the elements of `list`, if that has been changed `changes` times.
        ///
        /// - Returns: false, with nothing changed, if somebody else has changed it since.
        public func commit(to list: ListStorage, ifChanged changes: UInt64) -> Bool {
            list.exchange(contents.owner, ifChanged: changes)
        }

        /// Drops them.
        public func discard() { Hand.release(contents.owner) }
    }
}
