import Glibc
import InterProcess
import LuaBridge

/// The methods of dictionaries.
enum DictionaryMethods {
    static let all = [
        LuaFunction("get") { Lua.run($0, get) },
        LuaFunction("set") { Lua.run($0, set) },
        LuaFunction("pop") { Lua.run($0, pop) },
        LuaFunction("popitem") { Lua.run($0, popItem) },
        LuaFunction("setdefault") { Lua.run($0, setDefault) },
        LuaFunction("update") { Lua.run($0, update) },
        LuaFunction("keys") { Lua.run($0) { lua throws(LuaFault) in try list(lua, .keys) } },
        LuaFunction("values") { Lua.run($0) { lua throws(LuaFault) in try list(lua, .values) } },
        LuaFunction("items") { Lua.run($0) { lua throws(LuaFault) in try list(lua, .items) } },
        LuaFunction("copy") { Lua.run($0) { lua throws(LuaFault) in try list(lua, .table) } },
        LuaFunction("clear") { Lua.run($0, clear) },
        LuaFunction("add") { Lua.run($0, add) },
    ]

    /// `apply(key, f)`: makes f of the value the new value. f works on a copy; if somebody else has changed the value
    /// meanwhile, it is called again with the new one.
    static let apply = LuaScript(
        "apply",
        """
        local read, replace = ...
        return function(dict, key, f)
            local tries = 0
            while true do
                local old, version, own = read(dict, key, f)
                local new = f(old)
                tries = tries + 1
                if replace(dict, key, version, new, own, tries) then return new end
            end
        end
        """, using: [{ Lua.run($0, readVersion) }, { Lua.run($0, replaceVersion) }])

    /// The name of a method that the string at `index` is.
    static func name(_ lua: Lua, at index: Int32) -> StaticString? {
        guard let bytes = lua.bytes(at: index) else { return nil }
        for name in names where name.utf8CodeUnitCount == bytes.count {
            if memcmp(name.utf8Start, bytes.baseAddress.unsafelyUnwrapped, bytes.count) == 0 { return name }
        }
        return nil
    }

    private static let names = all.map(\.name) + [apply.name]

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> DictionaryStorage {
        try DictionaryClass.check(lua, operation)
    }

    static func length(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).count)
        return 1
    }

    /// `get(key[, default])`
    private static func get(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .readEntry)
        try lua.checkAny(at: 2)
        if try DictionaryClass.push(lua, storage, keyAt: 2) { return 1 }
        lua.top = 3
        return 1
    }

    private static func set(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try lua.checkAny(at: 3)
        try lua.checkNothing(after: 3, "set takes a key and a value")
        try DictionaryClass.set(lua, storage, keyAt: 2, valueAt: 3)
        return 0
    }

    /// `pop(key[, default])`
    private static func pop(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        OwnChanges.note()
        try lua.checkAny(at: 2)
        let isThere = try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard try StoredMessages.key(lua, 2, { storage.remove($0, into: buffer) }) else { return false }
            try Decoder.decode(lua, buffer[0])
            return true
        }
        if isThere { return 1 }
        guard lua.top >= 3 else { throw .message("KeyError: \(try quoted(lua, 2))") }
        lua.top = 3
        return 1
    }

    private static func quoted(_ lua: Lua, _ index: Int32) throws(LuaFault) -> String {
        let text = try lua.displayString(at: index)
        return lua.type(at: index) == .string ? "'\(text)'" : text
    }

    /// `popitem()`: key and value put last.
    private static func popItem(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard storage.removeLast(into: buffer) else {
                throw .message("KeyError: 'popitem(): dictionary is empty'")
            }
            try Decoder.decode(lua, buffer[0])
            try Decoder.decode(lua, buffer[1])
            return 2
        }
    }

    /// `setdefault(key, default)`: the value, which is the default if there was none.
    private static func setDefault(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try lua.checkAny(at: 2)
        lua.top = 3
        while true {
            if try DictionaryClass.push(lua, storage, keyAt: 2) { return 1 }
            if lua.type(at: 3) == .nil { return 1 }
            let isSet = try StoredMessages.key(lua, 2) { key throws(LuaFault) in
                try StoredMessages.encoding(lua, 3) { message throws(SharedMemoryExhausted) in
                    try storage.replace(key, .absent, with: message)
                }
            }
            if isSet { return 1 }
        }
    }

    /// `update(contents)`
    private static func update(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.checkNothing(after: 2, "update takes one table or dict")
        try update(lua, try check(lua, .writeEntry), from: 2)
        return 0
    }

    /// Puts all entries of the table or dictionary at `index`, each by itself.
    ///
    /// - Parameter checkKey: refuses keys.
    static func update(
        _ lua: Lua, _ storage: DictionaryStorage, from index: Int32,
        checkKey: (Lua, Int32) throws(LuaFault) -> Void = { _, _ in }
    ) throws(LuaFault) {
        let isContainer = DictionaryClass.classes.contains { $0.object(lua, at: index) != nil }
        guard isContainer || lua.type(at: index) == .table else {
            throw .typeMismatch(lua, at: index, expected: "table or dict")
        }
        if isContainer { return try copy(lua, from: index, to: storage, checkKey) }
        OwnChanges.note()
        try MemoryRelief.retrying(lua) { () throws(LuaFault) in
            // What cannot be sent is found before anything is put.
            let encoder = Encoder.take()
            defer { encoder.giveBack() }
            let keys = try encodeAll(lua, index, encoder, checkKey)
            return Result { () throws(SharedMemoryExhausted) in
                for (number, key) in keys.enumerated() {
                    try key.withBytes { key throws(SharedMemoryExhausted) in
                        try encoder.withMessage(at: number) { message throws(SharedMemoryExhausted) in
                            try storage.set(key, message)
                        }
                    }
                }
            }
        }
    }

    /// Encodes the values of a table. Returns the keys in the same order.
    private static func encodeAll(
        _ lua: Lua, _ table: Int32, _ encoder: Encoder, _ checkKey: (Lua, Int32) throws(LuaFault) -> Void
    ) throws(LuaFault) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        lua.pushNil()
        while try lua.next(at: table) {
            try checkKey(lua, lua.top - 1)
            try StoredMessages.key(lua, lua.top - 1) { keys.append(Array($0)) }
            try encoder.encode(lua, at: lua.top)
            lua.pop()
        }
        return keys
    }

    private static func copy(
        _ lua: Lua, from index: Int32, to storage: DictionaryStorage,
        _ checkKey: (Lua, Int32) throws(LuaFault) -> Void
    ) throws(LuaFault) {
        let source = DictionaryStorage(SharedClasses.object(lua, at: index).unsafelyUnwrapped)
        try StoredMessages.withBuffer { buffer throws(LuaFault) in
            source.readAll(into: buffer)
            for entry in stride(from: 0, to: buffer.count, by: 2) {
                try Decoder.decode(lua, buffer[entry])
                try Decoder.decode(lua, buffer[entry + 1])
                try checkKey(lua, lua.top - 1)
                try DictionaryClass.set(lua, storage, keyAt: lua.top - 1, valueAt: lua.top)
                lua.pop(2)
            }
        }
    }

    private enum Listing {
        case keys, values, items, table
    }

    /// Everything as it is at one moment.
    private static func list(_ lua: Lua, _ listing: Listing) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .readEntry)
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            storage.readAll(into: buffer)
            let count = buffer.count / 2
            lua.createTable(array: listing == .table ? 0 : count, fields: listing == .table ? count : 0)
            let list = lua.top
            for entry in 0..<count {
                switch listing {
                case .keys: try Decoder.decode(lua, buffer[2 * entry])
                case .values: try Decoder.decode(lua, buffer[2 * entry + 1])
                case .items:
                    lua.createTable(array: 2)
                    for part in 0...1 {
                        try Decoder.decode(lua, buffer[2 * entry + part])
                        lua.rawSet(Int64(part + 1), at: -2)
                    }
                case .table:
                    try Decoder.decode(lua, buffer[2 * entry])
                    try Decoder.decode(lua, buffer[2 * entry + 1])
                    try lua.rawSet(at: list)
                    continue
                }
                lua.rawSet(Int64(entry + 1), at: list)
            }
            return 1
        }
    }

    private static func clear(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .writeEntry).clear()
        OwnChanges.note()
        return 0
    }

    /// `add(key, n)`: adds to a number, 0 if there is none, in one step; the new value.
    private static func add(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try lua.checkAny(at: 2)
        let number = try lua.checkNumber(at: 3)
        // A float stays one: 1.0 added to an integer gives a float, as in Lua.
        let integer = lua.isInteger(at: 3) ? lua.integer(at: 3) : nil
        var sum: MessageReader.Scalar?
        OwnChanges.note()
        var bytes = ByteBuffer(capacity: 16)
        defer { bytes.free() }
        try StoredMessages.key(lua, 2) { key throws(LuaFault) in
            try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
                try storage.update(key) { old in
                    sum = NumberMessage.sum(old, integer: integer, number: number)
                    bytes.reset()
                    switch sum {
                    case .integer(let value): bytes.append(value)
                    case .float(let value): bytes.append(value)
                    default: return nil
                    }
                    return UnsafeRawBufferPointer(start: bytes.base, count: bytes.count)
                }
            }
        }
        switch sum {
        case .integer(let value): lua.push(value)
        case .float(let value): lua.push(value)
        default: throw .message("add: the value of \(try quoted(lua, 2)) is no number")
        }
        return 1
    }

    // MARK: apply

    private static let versions = LuaClass<DictionaryStorage.Version>("Version")

    /// `(dict, key, f)`: the value, its version, and how often this process has changed anything.
    private static func readVersion(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .readEntry)
        try lua.checkAny(at: 2)
        try lua.checkCallable(at: 3)
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            let version = try StoredMessages.key(lua, 2) { storage.get($0, into: buffer) }
            if version == nil { lua.pushNil() } else { try Decoder.decode(lua, buffer[0]) }
            versions.push(version ?? .absent, to: lua)
            lua.push(OwnChanges.count)
            return 3
        }
    }

    /// `(dict, key, version, value, own, tries)`: whether it was replaced.
    private static func replaceVersion(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        let version = try versions.check(lua, at: 3).pointee
        let isDone = try StoredMessages.key(lua, 2) { key throws(LuaFault) in
            guard !lua.isNoneOrNil(at: 4) else {
                return try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
                    try storage.replace(key, version, with: nil)
                }
            }
            return try StoredMessages.encoding(lua, 4) { message throws(SharedMemoryExhausted) in
                try storage.replace(key, version, with: message)
            }
        }
        if !isDone, try lua.checkInteger(at: 5) != OwnChanges.count,
            try lua.checkInteger(at: 6) > OwnChanges.mostTries
        {
            throw .message(
                "apply: the function itself changes the value of \(try quoted(lua, 2)); it should return it")
        }
        lua.push(isDone)
        return 1
    }
}
