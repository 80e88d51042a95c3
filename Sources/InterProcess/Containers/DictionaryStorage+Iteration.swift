// Going through a dictionary while others change it.

extension DictionaryStorage {
    /// A place between two entries. Going on from it, each entry that is there all the time is met once, in the order in
    /// which keys were put; those that are put meanwhile are not met.
    public final class Cursor {
        fileprivate var serial: UInt64?
        /// Entries from this serial on were put after the first look.
        fileprivate var end: UInt64?
        fileprivate var key: [UInt8] = []

        /// Before the first entry.
        public init() {}
    }

    private static let mostEntries = 64
    private static let mostBytes = 64 << 10

    /// Adds keys and values in turn to `buffer`, at most some at a time, and moves the cursor behind them.
    public func read(after cursor: Cursor, into buffer: MessageBuffer) {
        mutex.lock()
        defer { mutex.unlock() }
        guard !isEmpty else { return }
        let end = cursor.end ?? nextSerial.relaxed()
        cursor.end = end
        var offset = next(after: cursor)
        var last: DictionaryEntry?
        var count = 0
        while offset != 0, count < Self.mostEntries, buffer.byteCount < Self.mostBytes {
            let entry = DictionaryEntry(offset: offset)
            if entry.serial.relaxed() >= end { break }
            buffer.append(entry.key)
            StoredValue(word: entry.value).copy(to: buffer)
            last = entry
            count += 1
            offset = entry.next.relaxed()
        }
        if let last {
            cursor.serial = last.serial.relaxed()
            cursor.key = Array(last.key)
        }
    }

    /// Adds keys and values of all entries in turn to `buffer`, as they are at one moment.
    public func readAll(into buffer: MessageBuffer) {
        mutex.lock()
        defer { mutex.unlock() }
        guard !isEmpty else { return }
        var offset = firstEntry.relaxed()
        while offset != 0 {
            let entry = DictionaryEntry(offset: offset)
            buffer.append(entry.key)
            StoredValue(word: entry.value).copy(to: buffer)
            offset = entry.next.relaxed()
        }
    }

    private func next(after cursor: Cursor) -> UInt64 {
        guard let serial = cursor.serial else { return firstEntry.relaxed() }
        let found = cursor.key.withUnsafeBytes { find($0, ContentHash.of($0))?.entry }
        if let found, found.serial.relaxed() == serial { return found.next.relaxed() }
        // It was removed: serials go up from entry to entry.
        var offset = firstEntry.relaxed()
        while offset != 0, DictionaryEntry(offset: offset).serial.relaxed() <= serial {
            offset = DictionaryEntry(offset: offset).next.relaxed()
        }
        return offset
    }
}
