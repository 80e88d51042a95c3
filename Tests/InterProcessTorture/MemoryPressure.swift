import InterProcess

/// The budget: exhausted, everything is still usable.
enum MemoryPressure {
    static func run(_ report: inout Report) {
        let before = Family.usage
        let queue = try! QueueStorage.create(limit: 0)
        let message = [UInt8](repeating: 7, count: 10 << 20)
        var count = 0
        var isExhausted = false
        while count < 1000 {
            do {
                _ = try queue.put(message)
                count += 1
            } catch {
                isExhausted = true
                break
            }
        }
        report.check(isExhausted && count > 50, "the budget ends in an error", "after \(count)")
        let buffer = MessageBuffer()
        var taken = 0
        while queue.take(into: buffer) == .done {
            taken += 1
            buffer.clear()
        }
        report.equal(taken, count, "and every message put is there")
        report.equal(try? queue.put(message), .done, "there is room again")
        HandleTable.release(queue.object)
        report.equal(Family.usage.bytes, before.bytes, "all blocks came back")
    }
}
