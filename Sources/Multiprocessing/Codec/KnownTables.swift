import LuaBridge

/// The tables that are sent by name: the globals, loaded modules, registered metatables.
///
/// Every table of every message has to be looked up here, so the addresses are kept in a hash table that takes one load
/// in the usual case. It is rebuilt when it may be out of date: `package.loaded` gets a metatable whose `__newindex`
/// notices each new module. A module that goes away can leave its address behind, and another table can get it; so
/// whatever is found is compared with what the name stands for now.
enum KnownTables {
    /// Open addressing; 0 is free. One state's tables at a time: there is rarely more than one state.
    nonisolated(unsafe) private static var slots: UnsafeMutablePointer<UInt>?
    nonisolated(unsafe) private static var mask = 0
    nonisolated(unsafe) private static var owner: UnsafeMutablePointer<cluabridge_State>?
    nonisolated(unsafe) private static var names: [UInt: Name] = [:]

    /// What a table is known as.
    struct Name {
        let kind: NamedValueKind
        let text: [UInt8]

        /// Of several names of one table, the one to be sent: short names are those by which modules are required.
        fileprivate func isBetter(than other: Name) -> Bool {
            if kind != other.kind { return kind == .globals || (kind == .module && other.kind == .metatable) }
            if text.count != other.text.count { return text.count < other.text.count }
            return text.lexicographicallyPrecedes(other.text)
        }
    }

    /// Makes the next message look at everything anew.
    static func invalidate() { owner = nil }

    /// Brings everything up to date for a state. Runs no Lua code.
    @inline(__always)
    static func refresh(_ lua: Lua) throws(LuaFault) {
        if owner != lua.record { try rebuild(lua) }
    }

    /// Whether a table may have a name. Refresh first.
    @inline(__always)
    static func mayContain(_ table: UnsafeRawPointer) -> Bool {
        let address = UInt(bitPattern: table)
        let slots = slots.unsafelyUnwrapped
        var slot = hash(address)
        while true {
            let found = slots[slot]
            if found == 0 { return false }
            if found == address { return true }
            slot = (slot + 1) & mask
        }
    }

    /// The name of the table at `index`, if it still is what the name stands for.
    static func name(_ lua: Lua, of index: Int32) -> Name? {
        guard let address = lua.rawPointer(at: index), let name = names[UInt(bitPattern: address)] else {
            return nil
        }
        let pushed = name.text.withUnsafeBytes { push(lua, name.kind, $0) }
        guard pushed else { return nil }
        defer { lua.pop() }
        return lua.rawPointer(at: -1) == address ? name : nil
    }

    /// Pushes what a name stands for in this process, or nothing if that is unknown or, for a module, not loaded.
    static func push(_ lua: Lua, _ kind: NamedValueKind, _ name: UnsafeRawBufferPointer) -> Bool {
        switch kind {
        case .globals:
            lua.pushGlobals()
            return true
        case .module:
            return pushField(lua, of: "_LOADED", name)
        case .metatable:
            return ClassRegistry.pushMetatable(lua, named: name)
        case .standardFile:
            return StandardFiles.push(lua, name)
        }
    }

    /// Pushes a true field of a table in the registry, or nothing.
    private static func pushField(_ lua: Lua, of table: StaticString, _ name: UnsafeRawBufferPointer) -> Bool
    {
        guard lua.rawGet(table, at: Lua.registry) == .table else {
            lua.pop()
            return false
        }
        lua.push(name)
        lua.rawGet(at: -2)
        lua.remove(at: -2)
        if lua.isTruthy(at: -1) { return true }
        lua.pop()
        return false
    }

    // MARK: Bringing up to date

    @inline(never)
    private static func rebuild(_ lua: Lua) throws(LuaFault) {
        try lua.ensureStack(12)
        try lua.withoutCollector { () throws(LuaFault) in
            names.removeAll(keepingCapacity: true)
            lua.pushGlobals()
            enter(lua, Name(kind: .globals, text: []))
            lua.pop()
            enterModules(lua)
            ClassRegistry.forEach(lua) {
                let name = lua.bytes(at: -2).map(Array.init) ?? []
                enter(lua, Name(kind: .metatable, text: name))
            }
        }
        fillSlots()
        owner = lua.record
    }

    private static func enterModules(_ lua: Lua) {
        defer { lua.pop() }
        guard lua.rawGet("_LOADED", at: Lua.registry) == .table else { return }
        let loaded = lua.top
        watch(lua, loaded)
        lua.pushNil()
        while lua.nextUnchanged(at: loaded) {
            if lua.type(at: -1) == .table, let name = lua.bytes(at: -2) {
                enter(lua, Name(kind: .module, text: Array(name)))
            }
            lua.pop()
        }
    }

    /// The table on top of the stack has a name.
    private static func enter(_ lua: Lua, _ name: Name) {
        guard let table = lua.rawPointer(at: -1) else { return }
        let address = UInt(bitPattern: table)
        if let other = names[address], other.isBetter(than: name) { return }
        names[address] = name
    }

    private static func fillSlots() {
        // Sparse, since nearly every look is for something that is not there.
        var size = 256
        while size < names.count * 8 { size *= 2 }
        if size != mask + 1 || slots == nil {
            slots?.deallocate()
            slots = .allocate(capacity: size)
            mask = size - 1
        }
        guard let slots else { return }
        slots.initialize(repeating: 0, count: size)
        for address in names.keys {
            var slot = hash(address)
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = address
        }
    }

    @inline(__always)
    private static func hash(_ address: UInt) -> Int {
        Int(truncatingIfNeeded: (UInt64(address) &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    }

    // MARK: Noticing new modules

    /// Gives the table of loaded modules its metatable, unless it has one.
    private static func watch(_ lua: Lua, _ loaded: Int32) {
        if lua.getMetatable(at: loaded) { return lua.pop() }
        lua.createTable(fields: 1)
        lua.push { state in Lua.run(state, KnownTables.noticeModule) }
        lua.rawSet("__newindex", at: -2)
        lua.setMetatable(at: loaded)
    }

    /// `__newindex` of `package.loaded`.
    private static func noticeModule(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.check(.table, at: 1)
        lua.top = 3
        try lua.rawSet(at: 1)
        invalidate()
        return 0
    }
}
