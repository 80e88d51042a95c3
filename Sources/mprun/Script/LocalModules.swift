import Glibc
import LuaBridge

/// The tree `lua_modules` of the current directory, where LuaRocks puts the modules of a project.
enum LocalModules {
    private static let tree = "./lua_modules"

    /// `(field, standard, places)`: puts places in front of the standard ones. Where LUA_PATH leaves these out, they are left
    /// out as well.
    private static let insert = LuaScript(
        "insert",
        """
        return function(field, standard, places)
            local path = package[field]
            local start = path:find(standard, 1, true)
            if start then package[field] = path:sub(1, start - 1) .. places .. ";" .. path:sub(start) end
        end
        """)

    /// Makes `package.path` and `package.cpath` begin with the tree, if there is one.
    static func add(to lua: Lua) throws(LuaFault) {
        guard isThere else { return }
        let version = "\(LUA_VERSION_MAJOR).\(LUA_VERSION_MINOR)"
        let sources = "\(tree)/share/lua/\(version)/?"
        // What is standard, only Lua knows: a state that has nothing else tells.
        let standard = try LuaRuntime()
        defer { standard.close() }
        try standard.openLibraries(ignoringEnvironment: true)
        try add("\(sources).lua;\(sources)/init.lua", to: "path", of: lua, besides: standard.lua)
        try add("\(tree)/lib/lua/\(version)/?.so", to: "cpath", of: lua, besides: standard.lua)
    }

    private static func add(
        _ places: String, to field: StaticString, of lua: Lua, besides standard: Lua
    ) throws(LuaFault) {
        try standard.getGlobal("package")
        standard.rawGet(field, at: -1)
        try lua.push(insert, chunk: "=[lua_modules]")
        lua.push(field)
        lua.push(standard.string(at: -1) ?? "")
        lua.push(places)
        try lua.call(arguments: 3, results: 0)
    }

    private static var isThere: Bool {
        var status = stat()
        return stat(tree, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
