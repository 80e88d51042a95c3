import LuaBridge

/// The global `arg`: the script at 0, its arguments behind it, what stands before the script at negative indices.
enum ArgumentTable {
    /// Sets `arg`. Without a script, the program is at 0.
    static func create(_ lua: Lua, _ options: CommandLineOptions) throws(LuaFault) {
        let words = options.words
        let origin = options.hasScript ? options.script : 0
        lua.createTable(array: Int(words.count - origin) - 1, fields: Int(origin) + 1)
        for position in 0..<words.count {
            lua_pushstring(lua.pointer, words[position])
            lua.rawSet(Int64(position - origin), at: -2)
        }
        try lua.setGlobal("arg")
    }

    /// Pushes `arg[1]` to `arg[#arg]`, which code run before the script may have changed.
    ///
    /// - Returns: How many there are.
    static func pushAll(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.getGlobal("arg")
        guard lua.type(at: -1) == .table else { throw .messageWithoutPosition("'arg' is not a table") }
        let table = lua.top
        let count = max(0, try lua.length(at: table))
        guard count < LUAI_MAXSTACK, lua_checkstack(lua.pointer, Int32(count) + 3) != 0 else {
            throw .messageWithoutPosition("stack overflow (too many arguments to script)")
        }
        for position in 0..<count { lua.rawGet(position + 1, at: table) }
        lua.remove(at: table)
        return Int32(count)
    }
}
