import InterProcess

/// Buffers for messages on their way in, a stack: decoding may run code that gets again.
enum BufferPool {
    nonisolated(unsafe) private static var free: [MessageBuffer] = []

    static func take() -> MessageBuffer { free.popLast() ?? MessageBuffer() }

    static func giveBack(_ buffer: MessageBuffer) {
        buffer.clear()
        free.append(buffer)
    }
}
