/// Called at a safe point after an interrupt, with the thread that was running.
///
/// Returns false to go on, or true to raise the value that it left on top of the stack. It may run Lua code
/// by protected calls.
public typealias LuaInterruptHandler = @convention(c) @Sendable (OpaquePointer) -> Bool

extension LuaRuntime {
    /// Sets what interrupts do.
    public func setInterruptHandler(_ handler: @escaping LuaInterruptHandler) {
        record.pointee.interrupts.handler = handler
    }

    /// What a signal handler passes to `cluabridge_interrupt`, which is async-signal-safe: the handler is
    /// then called before the next Lua instruction, in whichever coroutine runs. Valid until ``close()``.
    public var interruptTarget: UnsafeMutablePointer<cluabridge_State> { record }

    /// Asks for an interrupt.
    public func interrupt() { cluabridge_interrupt(record) }
}

extension Lua {
    /// Whether an interrupt was asked for and not delivered yet. For code that waits: a signal ends its wait
    /// with EINTR.
    @inlinable
    public var isInterruptPending: Bool { record.pointee.interrupts.pending != 0 }

    /// Delivers a pending interrupt now, instead of at the next Lua instruction.
    ///
    /// - Throws: ``LuaFault/value`` if the handler wants an error raised.
    @inlinable
    public func deliverInterrupt() throws(LuaFault) {
        if isInterruptPending, cluabridge_deliver_interrupt(pointer) { throw .value }
    }

    /// Puts off the delivery of interrupts, and finalizers, until the matching ``unshield()``: for stretches of Lua code that have to be
    /// run as a whole and do not wait.
    public func shield() { cluabridge_shield(pointer) }

    /// Ends the innermost shield. What was asked for meanwhile is delivered before the next Lua instruction.
    public func unshield() { cluabridge_unshield(pointer) }
}
