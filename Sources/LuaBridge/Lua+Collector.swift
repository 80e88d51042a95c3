// The collector.
extension Lua {
    /// Runs `body` without collections, and with them without finalizers, in between; then goes on as before.
    ///
    /// Should memory run out inside, Lua still collects what it can, but runs no finalizers.
    @inlinable
    public func withoutCollector<Result>(_ body: () throws(LuaFault) -> Result) throws(LuaFault) -> Result {
        let wasRunning = cluabridge_pause_collector(pointer)
        defer { cluabridge_resume_collector(pointer, wasRunning) }
        return try body()
    }

    /// Tells the collector of `bytes` outside Lua's heap that a small Lua object holds on to.
    ///
    /// About every 16 KiB, this makes the collector do its share of work, which may run finalizers. Does
    /// nothing while collections are stopped.
    @inlinable
    public func chargeCollector(bytes: Int) {
        if bytes > 0 { cluabridge_charge_collector(pointer, bytes) }
    }

    /// Runs a full collection.
    public func collectGarbage() { cluabridge_collect(pointer) }

    /// Whether collections happen by themselves.
    public var isCollectorRunning: Bool { cluabridge_collector_is_running(pointer) }
}
