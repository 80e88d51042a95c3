import LuaBridge

/// Values that the module keeps in Lua's registry, one for each state.
enum Registry {
    /// Private keys. They are light userdata far from any address that a program has, so nobody else's can be equal;
    /// being constants, they need no initialisation, which each child would pay for.
    enum Key: UInt {
        case bytecodeIDs, classMetatables, classNames, errorMetatable, currentProcess, parentProcess
        case processClass, children, module, exitHandlers, sleep, randomSeed
        case signalHandlers, signalError, logger, drivePools

        private static let base: UInt = 0x6d70_7275_6e00_0000  // "mprun"

        fileprivate var address: UnsafeRawPointer {
            UnsafeRawPointer(bitPattern: Key.base + rawValue).unsafelyUnwrapped
        }
    }

    /// Pushes the value of a key, nil if it has none.
    @discardableResult
    static func push(_ key: Key, to lua: Lua) -> LuaType {
        lua.rawGet(privateKey: key.address, at: Lua.registry)
    }

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
