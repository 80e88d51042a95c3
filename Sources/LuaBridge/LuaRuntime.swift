/// A Lua state: opened, owned and closed.
public final class LuaRuntime {
    /// The main thread. Valid until ``close()``: whoever uses it keeps the runtime alive.
    public let lua: Lua
    let record: UnsafeMutablePointer<cluabridge_State>
    /// Whether ``close()`` was called: the state is gone.
    public private(set) var isClosed = false

    /// Opens an empty state.
    ///
    /// - Parameter programName: What messages on stderr begin with.
    /// - Throws: ``LuaFault/messageWithoutPosition(_:)`` `not enough memory`.
    public init(programName: StaticString = "lua") throws(LuaFault) {
        let name = UnsafeRawPointer(programName.utf8Start).assumingMemoryBound(to: CChar.self)
        guard let record = cluabridge_open(name) else { throw .messageWithoutPosition("not enough memory") }
        self.record = record
        lua = Lua(record.pointee.main)
    }

    deinit { close() }

    /// Opens the standard libraries.
    ///
    /// - Parameter ignoringEnvironment: Keep LUA_PATH and LUA_CPATH out, as the option `-E` does.
    /// - Throws: ``LuaFault/value``.
    public func openLibraries(ignoringEnvironment: Bool = false) throws(LuaFault) {
        try LuaStatus(code: cluabridge_open_libraries(lua.pointer, ignoringEnvironment)).check()
    }

    /// Switches to generational collection, as the `lua` program does.
    public func useGenerationalCollector() { cluabridge_use_generational_collector(lua.pointer) }

    /// Runs all finalizers and frees the state. Harmless when repeated.
    public func close() {
        if isClosed { return }
        isClosed = true
        cluabridge_close(record)
    }

    /// An object of the embedding program, which bodies reach by ``Lua/context(as:)``. Kept alive by the
    /// runtime.
    public var context: AnyObject? {
        didSet { record.pointee.context = context.map { Unmanaged.passUnretained($0).toOpaque() } }
    }
}

// MARK: - Memory

extension LuaRuntime {
    /// From now on keeps the process's heap in huge pages as far as it is large, which makes `fork` cheap: a child of a process
    /// with half a gigabyte starts ten times as fast.
    ///
    /// Changes how the C library allocates, so it is for programs that are there for Lua. To be called once, before there are
    /// other threads.
    public static func useHugePages() { cluabridge_use_huge_pages() }

    /// In a forked child: no more huge pages than it has inherited. Most children live for a moment only.
    public static func inheritHugePages() { cluabridge_inherit_huge_pages() }

    /// In a forked child: from now on the state's memory comes, while it lasts, from where the parent has touched nothing, so
    /// that fewer pages are copied.
    public static func beginNursery(of lua: Lua) { cluabridge_begin_nursery(lua.record) }

    /// The size of Lua's heap.
    public var bytesInUse: Int { cluabridge_bytes_in_use(record) }

    /// How large Lua's heap may become; nil for any size.
    public var memoryLimit: Int? {
        get { record.pointee.memory.limit == 0 ? nil : record.pointee.memory.limit }
        set { cluabridge_limit_memory(record, newValue ?? 0, record.pointee.memory.allocations_left) }
    }

    /// For tests: lets `count` more allocations succeed and fails all that follow; nil ends it.
    public func failAllocations(after count: Int?) {
        cluabridge_limit_memory(record, record.pointee.memory.limit, Int64(count ?? -1))
    }

    /// Replaces what happens when Swift code needs memory and there is none. Returning from the handler means
    /// that there may be now. The default says `not enough memory` on stderr and ends the process with status
    /// 1.
    public func setExhaustionHandler(
        _ handler: @escaping @convention(c) @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        record.pointee.memory.on_exhaustion = handler
    }
}
