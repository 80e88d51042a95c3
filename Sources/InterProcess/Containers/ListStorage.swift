// Lists of messages.
//
// Layout, in a shared object of kind `list`:
//
//     64    mutex · 72 contents (ContainerContents), 0 = empty · 80 how often it was changed
//
// of the contents: 1 elements · 2 hole: a position + 1, 0 = none · 3 how many elements there will be when those
// under way are all written, 0 = none are. The array has the elements.
//
// Inserting and removing in the middle move the elements behind in steps, by moving a hole: with a hole, the
// elements take one place more, and what is in the hole's word counts for nothing. Appending several writes them
// behind the end first.
//
// Invariants: everything changes under the mutex; each step, and each operation that is complete, is one
// transaction. Whoever locks a list with a hole, or with elements under way, which somebody must have died over,
// moves the hole to the end, where it vanishes, and drops what is under way.
//
// A crash leaves: a list as before an insertion or an appending that was not complete, or as after a removal.

import Glibc

/// A list of messages in shared memory. Positions count from 0.
public struct ListStorage {
    /// The object of kind `list`.
    public let object: SharedObject

    /// The list that an object is.
    ///
    /// - Parameter object: of kind `list`.
    public init(_ object: SharedObject) { self.object = object }

    private var mutex: RobustMutex { RobustMutex(object.word(64)) }
    private var contents: ContainerContents { ContainerContents(owner: object.word(72)) }
    private var changes: SharedWord { object.word(80) }

    /// Makes an empty list that this process holds a reference to.
    public static func create(name: String? = nil, place: UInt64 = 0) throws(SharedMemoryExhausted)
        -> ListStorage
    {
        ListStorage(try HandleTable.create(.list, name: name, place: place) { _ in })
    }

    func destroyContents() { if !isVoid { contents.free() } }

    private var isVoid: Bool { contents.owner.relaxed() == 0 }
    // Of the contents, if there are any.
    private var elements: SharedWord { contents.field(1) }
    private var hole: SharedWord { contents.field(2) }
    private var underWay: SharedWord { contents.field(3) }
    private var length: Int { isVoid ? 0 : Int(elements.relaxed()) }

    /// Runs `body` with the list locked and whole.
    private func locked<Success, Failure: Error>(
        _ body: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        mutex.lock()
        defer { mutex.unlock() }
        if !isVoid {
            if hole.relaxed() != 0 { moveHoleToEnd() }
            if underWay.relaxed() != 0 { dropUnderWay() }
        }
        return try body()
    }

    private func noteChange(_ change: inout Transaction) { change.set(changes, changes.relaxed() + 1) }

    // MARK: Reading

    /// How many elements it has at this instant.
    public var count: Int { locked { length } }

    /// Adds a copy of the element at `index` to `buffer`. False if there is none.
    public func get(_ index: Int, into buffer: MessageBuffer) -> Bool {
        locked {
            guard index >= 0, index < length else { return false }
            StoredValue(word: contents.word(index)).copy(to: buffer)
            return true
        }
    }

    /// Adds copies of all elements from `start` on to `buffer`.
    ///
    /// - Parameters:
    ///   - start: the position of the first, from 0.
    ///   - most: stops when the buffer has about so many bytes.
    ///   - buffer: gets the copies, a message each.
    /// - Returns: how often the list had been changed, for `replace`.
    @discardableResult
    public func read(from start: Int, most: Int = .max, into buffer: MessageBuffer) -> UInt64 {
        locked {
            var index = start
            while index < length, buffer.byteCount < most {
                StoredValue(word: contents.word(index)).copy(to: buffer)
                index += 1
            }
            return changes.relaxed()
        }
    }

    // MARK: Changing

    /// Makes `message` the element at `index`, which may be the place behind the last one. False if there is no such place.
    public func set(_ index: Int, _ message: Message) throws(SharedMemoryExhausted) -> Bool {
        let new = try NewValue(message)
        do throws(SharedMemoryExhausted) {
            let (isDone, old) = try locked { () throws(SharedMemoryExhausted) -> (Bool, SharedWord?) in
                guard index >= 0, index <= length else { return (false, nil) }
                if index == length {
                    try reserve(length)
                    put(new, at: length)
                    return (true, nil)
                }
                var change = Transaction(under: mutex)
                let old = new.replace(contents.word(index), &change)
                noteChange(&change)
                change.commit()
                return (true, old)
            }
            if !isDone { new.discard() }
            if let old { Hand.release(old) }
            return isDone
        } catch {
            new.discard()
            throw error
        }
    }

    /// Adds `message` at the end.
    public func append(_ message: Message) throws(SharedMemoryExhausted) {
        let new = try NewValue(message)
        do throws(SharedMemoryExhausted) {
            try locked { () throws(SharedMemoryExhausted) in
                try reserve(length)
                put(new, at: length)
            }
        } catch {
            new.discard()
            throw error
        }
    }

    /// Adds `count` messages at the end, all or none.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - message: called with 0..<count in order, and with something to do with each message.
    public func append(
        _ count: Int,
        _ message: (Int, (Message) throws(SharedMemoryExhausted) -> Void) throws(SharedMemoryExhausted) ->
            Void
    ) throws(SharedMemoryExhausted) {
        guard count > 0 else { return }
        try locked { () throws(SharedMemoryExhausted) in
            let start = length
            try reserve(start + count - 1)
            underWay.store(UInt64(start + count))
            do throws(SharedMemoryExhausted) {
                for index in 0..<count {
                    try message(index) { message throws(SharedMemoryExhausted) in
                        let new = try NewValue(message)
                        var change = Transaction(under: mutex)
                        _ = new.replace(contents.word(start + index), &change)
                        change.commit()
                    }
                }
            } catch {
                dropUnderWay()
                throw error
            }
            var change = Transaction(under: mutex)
            change.set(elements, UInt64(start + count))
            change.set(underWay, 0)
            noteChange(&change)
            change.commit()
        }
    }

    /// Inserts `message` before the element at `index`; behind the last one if there is no such.
    public func insert(_ message: Message, at index: Int) throws(SharedMemoryExhausted) {
        let new = try NewValue(message)
        do throws(SharedMemoryExhausted) {
            try locked { () throws(SharedMemoryExhausted) in
                let end = length
                let place = min(max(index, 0), end)
                try reserve(end)
                moveHole(from: end, downTo: place)
                put(new, at: place)
            }
        } catch {
            new.discard()
            throw error
        }
    }

    /// Removes the element at `index`, or the last one; `buffer` gets it. False if there is none.
    public func remove(at index: Int?, into buffer: MessageBuffer?) -> Bool {
        let (isRemoved, old) = locked { () -> (Bool, SharedWord?) in
            let index = index ?? length - 1
            guard index >= 0, index < length else { return (false, nil) }
            if let buffer { StoredValue(word: contents.word(index)).copy(to: buffer) }
            return (true, take(index))
        }
        if let old { Hand.release(old) }
        return isRemoved
    }

    /// Removes the first element whose message satisfies `isWanted`. False if there is none.
    ///
    /// - Parameter isWanted: must neither block nor use shared objects.
    public func removeFirst(where isWanted: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        let (isRemoved, old) = locked { () -> (Bool, SharedWord?) in
            for index in 0..<length where StoredValue(word: contents.word(index)).withBytes(isWanted) {
                return (true, take(index))
            }
            return (false, nil)
        }
        if let old { Hand.release(old) }
        return isRemoved
    }

    /// Removes all elements at once.
    public func clear() {
        let old = locked { () -> SharedWord? in
            guard !isVoid else { return nil }
            let hand = Hand.freeWord
            var change = Transaction(under: mutex)
            change.set(hand, contents.owner.relaxed())
            change.set(contents.owner, 0)
            noteChange(&change)
            change.commit()
            return hand
        }
        if let old { Hand.release(old) }
    }

    /// Exchanges the contents for those that `hand` has, if the list has been changed `changes` times. The old ones are
    /// freed.
    func exchange(_ hand: SharedWord, ifChanged changes: UInt64) -> Bool {
        let isCurrent = locked {
            guard self.changes.relaxed() == changes else { return false }
            var change = Transaction(under: mutex)
            change.set(contents.owner, hand.relaxed())
            change.set(hand, contents.owner.relaxed())
            noteChange(&change)
            change.commit()
            return true
        }
        if isCurrent { Hand.release(hand) }
        return isCurrent
    }

    // MARK: Steps, under the mutex

    private func reserve(_ index: Int) throws(SharedMemoryExhausted) {
        if isVoid {
            let made = try ContainerContents.make(.list)
            var change = Transaction(under: mutex)
            change.set(contents.owner, made.owner.relaxed())
            change.set(made.owner, 0)
            change.commit()
        }
        try contents.reserve(index, under: mutex)
    }

    /// Makes a new element of a free place: the end, or the hole.
    private func put(_ new: NewValue, at place: Int) {
        let word = contents.word(place)
        // In a hole stands what was moved away.
        if hole.relaxed() != 0 { word.store(0) }
        var change = Transaction(under: mutex)
        _ = new.replace(word, &change)
        change.set(hole, 0)
        change.set(elements, elements.relaxed() + 1)
        noteChange(&change)
        change.commit()
    }

    /// Takes an element out and closes the gap.
    ///
    /// - Returns: the entry of the hand that has it now.
    private func take(_ index: Int) -> SharedWord? {
        let word = contents.word(index)
        let block = StoredValue.block(in: word.relaxed())
        let hand = block == 0 ? nil : Hand.freeWord
        var change = Transaction(under: mutex)
        if let hand { change.set(hand, block) }
        change.set(elements, elements.relaxed() - 1)
        change.set(hole, UInt64(index + 1))
        noteChange(&change)
        change.commit()
        moveHoleToEnd()
        return hand
    }

    private static var mostMoved: Int { RedoRecord.capacity - 2 }

    private func moveHole(from end: Int, downTo place: Int) {
        var position = end
        while position > place {
            let count = min(position - place, Self.mostMoved)
            var change = Transaction(under: mutex)
            for target in stride(from: position, to: position - count, by: -1) {
                change.set(contents.word(target), contents.word(target - 1).relaxed())
            }
            position -= count
            change.set(hole, UInt64(position + 1))
            change.commit()
        }
    }

    private func moveHoleToEnd() { Self.moveHoleToEnd(contents, under: mutex) }

    private static func moveHoleToEnd(_ contents: ContainerContents, under mutex: RobustMutex) {
        let hole = contents.field(2)
        let end = Int(contents.field(1).relaxed())
        var position = Int(hole.relaxed()) - 1
        while position < end {
            let count = min(end - position, mostMoved)
            var change = Transaction(under: mutex)
            for target in position..<position + count {
                change.set(contents.word(target), contents.word(target + 1).relaxed())
            }
            position += count
            change.set(hole, UInt64(position + 1))
            change.commit()
        }
        var change = Transaction(under: mutex)
        change.set(contents.word(end), 0)
        change.set(hole, 0)
        change.commit()
    }

    private func dropUnderWay() {
        for index in length..<Int(underWay.relaxed()) { StoredValue(word: contents.word(index)).free() }
        underWay.store(0)
    }

    /// Before contents that nobody else can reach are freed: what stands in a hole is not theirs.
    static func forgetHole(_ contents: ContainerContents) {
        let hole = contents.field(2)
        guard hole.relaxed() != 0 else { return }
        contents.word(Int(hole.relaxed()) - 1).store(0)
        hole.store(0)
    }
}
