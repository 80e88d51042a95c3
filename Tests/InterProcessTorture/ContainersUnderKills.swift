import Glibc
import InterProcess

/// Dictionaries and lists whose users are killed at random instants.
struct ContainersUnderKills {
    let kills: Int

    private static let workers = 4
    private static let keys: UInt64 = 600

    func run(_ report: inout Report) {
        dictionary(&report)
        list(&report)
    }

    /// Kills one of several processes that run `body` and replaces it, again and again.
    private func torment(_ body: @escaping (UInt64) -> Void) {
        var life: UInt64 = 0
        let start = { (life: inout UInt64) -> ChildProcess in
            life += 1
            let number = life
            return spawn { body(number) }
        }
        var workers = (0..<Self.workers).map { _ in start(&life) }
        for _ in 0..<kills {
            pause(microseconds: .random(in: 0...1500))
            let victim = Int.random(in: 0..<workers.count)
            workers[victim].kill()
            workers[victim].finish()
            workers[victim] = start(&life)
        }
        for worker in workers {
            worker.kill()
            worker.finish()
        }
    }

    // MARK: Dictionaries

    /// The value of a key: its number again and again, so that a mixture of two would be seen; short, long and very long.
    private static func value(of key: UInt64, _ variant: UInt64) -> [UInt64] {
        [UInt64](repeating: key, count: [1, 4, 2_500][Int(variant % 3)])
    }

    private func dictionary(_ report: inout Report) {
        let before = Family.usage
        let dictionary = try! DictionaryStorage.create(.dictionary)
        let passenger = try! EventStorage.create()
        torment { life in
            var random = SplitMix(state: life)
            while true {
                let key = random.next() % Self.keys
                let choice = random.next() % 16
                withUnsafeBytes(of: key) { keyBytes in
                    switch choice {
                    case 0..<4: _ = dictionary.remove(keyBytes)
                    case 4: dictionary.clear()
                    default:
                        let words = Self.value(of: key, random.next())
                        let handles = choice == 5 ? [passenger.object.handle] : []
                        words.withUnsafeBytes { bytes in
                            withUnsafePointer(to: bytes) {
                                let pieces = UnsafeBufferPointer(start: $0, count: 1)
                                try! dictionary.set(keyBytes, Message(pieces: pieces, handles: handles))
                            }
                        }
                    }
                }
            }
        }
        check(&report, dictionary)
        dictionary.clear()
        HandleTable.release(dictionary.object)
        HandleTable.release(passenger.object)
        Family.sweep()
        report.equal(
            Family.usage.objects, before.objects, "after \(kills) kills no object of a dictionary is left")
        report.equal(Family.usage.bytes, before.bytes, "and no byte")
    }

    private func check(_ report: inout Report, _ dictionary: DictionaryStorage) {
        let buffer = MessageBuffer()
        dictionary.readAll(into: buffer)
        var seen: Set<UInt64> = []
        var mixed = 0
        var lost = 0
        for entry in stride(from: 0, to: buffer.count, by: 2) {
            let key = buffer[entry].load(as: UInt64.self)
            seen.insert(key)
            let words = buffer[entry + 1].bindMemory(to: UInt64.self)
            if words.contains(where: { $0 != key }) { mixed += 1 }
            if !dictionary.contains(buffer[entry]) { lost += 1 }
        }
        report.equal(dictionary.count, buffer.count / 2, "a dictionary has as many entries as it says")
        report.equal(seen.count, buffer.count / 2, "each key once")
        report.equal(mixed, 0, "each with a value that was put for it")
        report.equal(lost, 0, "and each can be found")
        var batches: Set<UInt64> = []
        let cursor = DictionaryStorage.Cursor()
        while true {
            buffer.clear()
            dictionary.read(after: cursor, into: buffer)
            if buffer.count == 0 { break }
            for entry in stride(from: 0, to: buffer.count, by: 2) {
                batches.insert(buffer[entry].load(as: UInt64.self))
            }
        }
        report.equal(batches, seen, "in batches, too")
    }

    // MARK: Lists

    private func list(_ report: inout Report) {
        let before = Family.usage
        let list = try! ListStorage.create()
        torment { life in
            var random = SplitMix(state: life)
            var number: UInt64 = 0
            let buffer = MessageBuffer()
            while true {
                number += 1
                // Each element is unlike all others; some fit into a word, some do not.
                let short = life << 24 | number & 0xff_ffff
                let element = number % 3 == 0 ? [UInt64](repeating: short, count: 40) : [short]
                element.withUnsafeBytes { all in
                    let bytes = number % 3 == 1 ? UnsafeRawBufferPointer(rebasing: all[..<7]) : all
                    try! Message.withOnePiece(bytes) { message throws(SharedMemoryExhausted) in
                        switch list.count > 300 ? 7 : random.next() % 8 {
                        case 0...1: _ = try list.append(message)
                        case 2...3: try list.insert(message, at: Int(random.next() % 200))
                        case 4: _ = try list.set(Int(random.next() % 200), message)
                        case 5:
                            try list.append(3) { index, append throws(SharedMemoryExhausted) in
                                try Self.numbered(message, index, append)
                            }
                        default:
                            for _ in 0..<2 { _ = list.remove(at: Int(random.next() % 200), into: buffer) }
                            buffer.clear()
                        }
                    }
                }
            }
        }
        let buffer = MessageBuffer()
        list.read(from: 0, into: buffer)
        let elements = (0..<buffer.count).map { Array(buffer[$0]) }
        report.equal(list.count, elements.count, "a list has as many elements as it says")
        report.equal(Set(elements).count, elements.count, "none of them twice")
        report.check(
            elements.allSatisfy { Self.isWhole($0) }, "and each as it was put")
        list.clear()
        HandleTable.release(list.object)
        Family.sweep()
        report.equal(Family.usage.objects, before.objects, "after \(kills) kills no object of a list is left")
        report.equal(Family.usage.bytes, before.bytes, "and no byte")
    }

    /// Sends a message with its first byte xored: three that differ.
    private static func numbered(
        _ message: Message, _ index: Int, _ append: (Message) throws(SharedMemoryExhausted) -> Void
    ) throws(SharedMemoryExhausted) {
        let bytes = Array(message.pieces[0]) + [UInt8(index), 0xee]
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        try Message.withOnePiece(UnsafeRawBufferPointer(memory), append)
    }

    /// The repeated ones are the same word all over.
    private static func isWhole(_ element: [UInt8]) -> Bool {
        let content = element.last == 0xee && element.count > 8 ? Array(element.dropLast(2)) : element
        guard content.count == 320 else { return content.count == 7 || content.count == 8 }
        return (8..<320).allSatisfy { content[$0] == content[$0 - 8] }
    }
}

/// Random numbers of a child's own, without system calls.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
