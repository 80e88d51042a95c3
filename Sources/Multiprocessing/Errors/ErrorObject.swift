import InterProcess
import LuaBridge

/// Error objects: tables with `kind`, `message`, `where` and further fields, which scripts test and print.
///
///     throw ErrorObject.make(lua, .empty, "no item within 0.5 s")
///     throw ErrorObject.make(lua, .osError, "…") { $0.set("errno", 11) }
///
/// They are plain tables with one metatable a state, which the codec knows as a class, so they cross process boundaries
/// unchanged.
enum ErrorObject {
    /// The name under which the codec and `__name` know them; no script can register it.
    static let className: StaticString = "mp.Error"

    /// The fields of an error object under construction.
    struct Fields {
        let lua: Lua
        /// The object, by absolute index.
        fileprivate let object: Int32

        /// Sets a field to a string.
        func set(_ name: StaticString, _ value: String) {
            lua.push(value)
            lua.rawSet(name, at: object)
        }

        /// Sets a field to an integer.
        func set(_ name: StaticString, _ value: Int) {
            lua.push(value)
            lua.rawSet(name, at: object)
        }

        /// Pops a value into a field.
        func setTop(_ name: StaticString) { lua.rawSet(name, at: object) }
    }

    /// Pushes an error object whose `where` is the script line that runs.
    ///
    /// - Parameters:
    ///   - message: What went wrong.
    ///   - fill: Sets further fields: `traceback errno exitcode process value count`.
    /// - Returns: ``LuaFault/value``, to be thrown.
    static func make(_ lua: Lua, _ kind: ErrorKind, _ message: String, _ fill: (Fields) -> Void = { _ in })
        -> LuaFault
    {
        let place = lua.position?.description
        return make(lua, kind, message, place: place, fill)
    }

    /// Pushes an error object about another place than the line that runs, or about none.
    static func make(
        _ lua: Lua, _ kind: ErrorKind, _ message: String, place: String?, _ fill: (Fields) -> Void = { _ in }
    ) -> LuaFault {
        // Faults are made in the depths: the twenty slots of a function may be in use.
        _ = lua_checkstack(lua.pointer, 10)
        lua.createTable(fields: 4)
        let fields = Fields(lua: lua, object: lua.top)
        fields.set("kind", kind.rawValue)
        fields.set("message", message)
        if let place { fields.set("where", place) }
        fill(fields)
        pushMetatable(lua)
        lua.setMetatable(at: fields.object)
        return .value
    }

    /// Whether the value at `index` is an error object.
    static func isErrorObject(_ lua: Lua, at index: Int32) -> Bool {
        guard lua.type(at: index) == .table, lua.getMetatable(at: index) else { return false }
        pushMetatable(lua)
        defer { lua.pop(2) }
        return lua.rawEqual(-1, -2)
    }

    // MARK: The metatable

    private static let metatable = Registry.Key.errorMetatable

    /// Pushes the metatable of error objects.
    static func pushMetatable(_ lua: Lua) {
        if Registry.push(metatable, to: lua) == .table { return }
        lua.pop()
        lua.createTable(fields: 4)
        lua.push(className)
        lua.rawSet("__name", at: -2)
        lua.push { Lua.run($0, ErrorObject.describe) }
        lua.rawSet("__tostring", at: -2)
        lua.push { Lua.run($0, ErrorObject.concatenate) }
        lua.rawSet("__concat", at: -2)
        // Asks protected calls to fill in the traceback.
        lua.push(true)
        lua.rawSet("__traceback", at: -2)
        lua.pushValue(at: -1)
        Registry.set(metatable, in: lua)
    }

    /// `__tostring`: `script.lua:12: Empty: no item within 0.5 s`. What another process reported is told first, and
    /// then where it surfaced here.
    private static func describe(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.check(.table, at: 1)
        let kind = bytes("kind", of: lua)
        let message = bytes("message", of: lua)
        let place = bytes("where", of: lua)

        var text: [UInt8] = []
        if kind == Array(ErrorKind.remoteError.rawValue.utf8)
            || kind == Array(ErrorKind.processError.rawValue.utf8)
        {
            text = message + Array("\n\t(".utf8) + kind
            if !place.isEmpty { text += Array(" at ".utf8) + place }
            text += Array(")".utf8)
        } else {
            if !place.isEmpty { text = place + Array(": ".utf8) }
            text += kind + Array(": ".utf8) + message
        }
        text.withUnsafeBytes { lua.push($0) }
        return 1
    }

    /// `__concat`: `"failed: " .. e`, as with the messages of ordinary errors.
    private static func concatenate(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try lua.displayString(at: 1) + lua.displayString(at: 2))
        return 1
    }

    /// A copy of the string in a field; empty if there is none.
    private static func bytes(_ name: StaticString, of lua: Lua) -> [UInt8] {
        lua.rawGet(name, at: 1)
        defer { lua.pop() }
        return lua.bytes(at: -1).map(Array.init) ?? []
    }
}

// MARK: - From the errors of InterProcess

extension ErrorObject {
    /// Pushes an OSError that carries `errno`.
    static func make(_ lua: Lua, _ error: SystemError) -> LuaFault {
        make(lua, .osError, error.description) { $0.set("errno", Int(error.code)) }
    }

    /// Pushes a MemoryError.
    static func make(_ lua: Lua, _ error: SharedMemoryExhausted) -> LuaFault {
        make(lua, .memoryError, error.description)
    }
}
