import LuaBridge

/// `io.stdout`, `io.stderr` and `io.stdin`, which are sent by name.
enum StandardFiles {
    private static let names: [StaticString] = ["stdout", "stderr", "stdin"]

    /// The name of the file at `index` if it is one of the three.
    static func name(_ lua: Lua, of index: Int32) -> StaticString? {
        let file = lua.absolute(index)
        return names.first { name in
            guard pushField(lua, name) else { return false }
            defer { lua.pop() }
            return lua.rawEqual(-1, file)
        }
    }

    /// Pushes the file of that name, or nothing.
    static func push(_ lua: Lua, _ name: UnsafeRawBufferPointer) -> Bool {
        let known = names.first {
            UnsafeBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount).elementsEqual(name)
        }
        guard let known else { return false }
        return pushField(lua, known)
    }

    /// Pushes a userdata in a field of the module `io`, or nothing.
    private static func pushField(_ lua: Lua, _ name: StaticString) -> Bool {
        let io = "io"
        let top = lua.top
        var found = false
        if lua.rawGet("_LOADED", at: Lua.registry) == .table {
            lua.push(io)
            if lua.rawGet(at: -2) == .table { found = lua.rawGet(name, at: -1) == .userdata }
        }
        if found { lua.replace(at: top + 1) }
        lua.top = found ? top + 1 : top
        return found
    }
}
