import InterProcess
import LuaBridge

/// The namespaces of a manager: dictionaries of names, without methods.
enum NamespaceClass {
    static let namespace: LuaClass<SharedReference> = LuaClass(
        "Namespace",
        metamethods: [
            LuaFunction("__pairs") { Lua.run($0, DictionaryIterator.pairs) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
            SharedClasses.equality,
        ],
        index: { Lua.run($0, index) },
        newIndex: { Lua.run($0, newIndex) },
        finalizer: SharedReference.finalizer)

    /// `m:Namespace([contents])`
    static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        try DictionaryClass.construct(lua, .namespace, "Namespace", checkKey: checkName)
    }

    private static func checkName(_ lua: Lua, at index: Int32) throws(LuaFault) {
        guard lua.type(at: index) == .string else {
            throw .message("the fields of a Namespace have names, not a \(lua.typeName(at: index))")
        }
    }

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> DictionaryStorage {
        DictionaryStorage(try namespace.object(lua, for: operation))
    }

    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .readEntry)
        try checkName(lua, at: 2)
        return try DictionaryClass.push(lua, storage, keyAt: 2) ? 1 : 0
    }

    private static func newIndex(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try checkName(lua, at: 2)
        try DictionaryClass.set(lua, storage, keyAt: 2, valueAt: 3)
        return 0
    }

    /// `Namespace(x=1, y='a')`
    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let fields = try StoredMessages.withBuffer { buffer throws(LuaFault) in
            storage.readAll(into: buffer)
            var fields: [String] = []
            for entry in stride(from: 0, to: buffer.count, by: 2) {
                try Decoder.decode(lua, buffer[entry])
                try Decoder.decode(lua, buffer[entry + 1])
                fields.append("\(lua.string(at: -2) ?? "")=\(try describe(lua))")
                lua.pop(2)
            }
            return fields
        }
        lua.push("<Namespace(\(fields.joined(separator: ", ")))\(SharedClasses.suffix(storage.object))>")
        return 1
    }

    /// The value on top of the stack; a shared object, which may be this very one, only by its class.
    private static func describe(_ lua: Lua) throws(LuaFault) -> String {
        if SharedClasses.object(lua, at: -1) != nil { return "<\(lua.typeName(at: -1))>" }
        let text = try lua.displayString(at: -1)
        return lua.type(at: -1) == .string ? "'\(text)'" : text
    }
}
