// Encoders are kept and reused. Lua code can run while one is in use, a finalizer during a put for example, and want one as
// well: so they form a stack.
extension Encoder {
    nonisolated(unsafe) private static var pool: [Encoder] = []
    nonisolated(unsafe) private static var inUse = 0

    /// An encoder that nobody else uses. ``giveBack()`` it in the same function, whatever happens.
    @inline(__always)
    static func take() -> Encoder {
        if inUse == pool.count { pool.append(Encoder()) }
        inUse += 1
        return pool[inUse - 1]
    }

    /// Forgets all messages and lets others use the encoder.
    @inline(__always)
    func giveBack() {
        reset()
        Self.inUse -= 1
    }
}
