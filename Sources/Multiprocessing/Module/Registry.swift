import LuaBridge

/// Values that the module keeps in Lua's registry, one for each state.
enum Registry {
    /// A private key: the address of a byte of this process, the same in all forked children.
    struct Key: @unchecked Sendable {
        fileprivate let address: UnsafeRawPointer

        init() { address = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)) }
    }

    /// Pushes the value of a key, nil if it has none.
    @discardableResult
    static func push(_ key: Key, to lua: Lua) -> LuaType { lua.rawGet(privateKey: key.address, at: Lua.registry) }

    /// Pops a value and keeps it under the key.
    static func set(_ key: Key, in lua: Lua) { lua.rawSet(privateKey: key.address, at: Lua.registry) }

    /// Pushes the table of a key, making it the first time.
    static func pushTable(_ key: Key, to lua: Lua) {
        if push(key, to: lua) == .table { return }
        lua.pop()
        lua.createTable()
        lua.pushValue(at: -1)
        set(key, in: lua)
    }
}
