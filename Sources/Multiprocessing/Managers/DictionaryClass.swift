import InterProcess
import LuaBridge

/// The dictionaries and namespaces of a manager.
enum DictionaryClass {
    static let dictionary: LuaClass<SharedReference> = LuaClass(
        "dict",
        methods: DictionaryMethods.all,
        metamethods: [
            LuaFunction("__len") { Lua.run($0, DictionaryMethods.length) },
            LuaFunction("__pairs") { Lua.run($0, DictionaryIterator.pairs) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
            SharedClasses.equality,
        ],
        index: { Lua.run($0, index) },
        newIndex: { Lua.run($0, newIndex) },
        scripts: [DictionaryMethods.apply],
        finalizer: SharedReference.finalizer)

    static let classes = [dictionary, NamespaceClass.namespace]

    static func luaClass(of storage: DictionaryStorage) -> LuaClass<SharedReference> {
        storage.variant == .namespace ? NamespaceClass.namespace : dictionary
    }

    /// `m:dict([contents])`
    static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        try construct(lua, .dictionary, "dict")
    }

    /// The contents, a table or a dictionary, come first and may be followed by options.
    static func construct(
        _ lua: Lua, _ variant: DictionaryStorage.Variant, _ function: StaticString,
        checkKey: (Lua, Int32) throws(LuaFault) -> Void = { _, _ in }
    ) throws(LuaFault) -> Int32 {
        _ = try ManagerClass.manager.check(lua, at: 1)
        if lua.top < 2 { lua.top = 2 }
        let options = try Parameters(lua, of: function, from: 3, [], optionsOnly: ["name"])
        let storage = try Constructor.make(options) { name, place throws(SharedMemoryExhausted) in
            try DictionaryStorage.create(variant, name: name, place: place)
        }
        luaClass(of: storage).push(storage.object, to: lua)
        if !lua.isNoneOrNil(at: 2) { try DictionaryMethods.update(lua, storage, from: 2, checkKey: checkKey) }
        return 1
    }

    /// The dictionary or namespace at 1, for an operation.
    @inline(__always)
    static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> DictionaryStorage {
        if let reference = dictionary.object(lua, at: 1) {
            Operation.enter(operation, reference.pointee.object)
            return DictionaryStorage(reference.pointee.object)
        }
        return DictionaryStorage(try dictionary.object(lua, for: operation))
    }

    /// `d[key]`, `d.key`: a copy of the value, nil if there is none. Methods come first.
    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        try push(lua, try check(lua, .readEntry), keyAt: 2) ? 1 : 0
    }

    /// `d[key] = value`; nil removes.
    private static func newIndex(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        if let name = DictionaryMethods.name(lua, at: 2) {
            throw .message("'\(name)' is a method; use d:set(\"\(name)\", v)")
        }
        try set(lua, storage, keyAt: 2, valueAt: 3)
        return 0
    }

    /// Pushes the value of the key at `index`. Returns false, with nothing pushed, if there is none.
    static func push(_ lua: Lua, _ storage: DictionaryStorage, keyAt index: Int32) throws(LuaFault) -> Bool {
        try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard try StoredMessages.key(lua, index, { storage.get($0, into: buffer) }) != nil else {
                return false
            }
            try Decoder.decode(lua, buffer[0])
            return true
        }
    }

    static func set(
        _ lua: Lua, _ storage: DictionaryStorage, keyAt key: Int32, valueAt value: Int32
    ) throws(LuaFault) {
        OwnChanges.note()
        try StoredMessages.key(lua, key) { key throws(LuaFault) in
            if lua.isNoneOrNil(at: value) {
                _ = storage.remove(key)
            } else {
                try StoredMessages.encoding(lua, value) { message throws(SharedMemoryExhausted) in
                    try storage.set(key, message)
                }
            }
        }
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        lua.push("<dict\(SharedClasses.suffix(storage.object)) \(storage.count) entries>")
        return 1
    }
}
