import LuaBridge

/// `package.searchers`: what `require` asks for a module, one after the other.
enum Searchers {
    /// Adds one behind those that are there.
    static func append(_ searcher: @escaping LuaBody, to lua: Lua) throws(LuaFault) {
        try lua.getGlobal("package")
        defer { lua.pop() }
        guard lua.type(at: -1) == .table, lua.rawGet("searchers", at: -1) == .table else {
            lua.pop()
            return
        }
        lua.push(searcher)
        lua.rawSet(Int64(lua.rawLength(at: -2) + 1), at: -2)
        lua.pop()
    }
}
