import InterProcess
import LuaBridge

/// `mp.Array` and `mp.RawArray`. Positions count from 1.
enum SequenceClass {
    static func make(_ name: StaticString, isRaw: Bool) -> LuaClass<SharedReference> {
        LuaClass(
            name,
            methods: [
                LuaFunction("slice") { Lua.run($0, SequenceClass.slice) },
                LuaFunction("totable") { Lua.run($0, SequenceClass.toTable) },
            ] + (isRaw ? [] : ArrayClass.lockMethods),
            metamethods: [
                LuaFunction("__len") { Lua.run($0, SequenceClass.length) },
                LuaFunction("__tostring") { Lua.run($0, SequenceClass.toString) },
                SharedClasses.equality,
            ],
            index: { Lua.run($0, SequenceClass.get) },
            newIndex: { Lua.run($0, SequenceClass.set) },
            scripts: [Sequences.pairs] + (isRaw ? [] : ArrayClass.lockScripts),
            userValues: 1,
            finalizer: SharedReference.finalizer)
    }

    /// `Array(type, size_or_list_or_string)`
    static func construct(_ lua: Lua, _ function: StaticString, isRaw: Bool) throws(LuaFault) -> Int32 {
        let (type, content, options) = try ArrayClass.parameters(lua, function, isRaw: isRaw)
        switch lua.type(at: content) {
        case .number:
            let count = try lua.checkInteger(at: content)
            guard count >= 0 else {
                throw ErrorObject.make(lua, .valueError, "Array length must be >= 0, not \(count)")
            }
            try ArrayClass.push(type, count: Int(count), options, isRaw: isRaw) { _ in }
        case .table:
            try fromTable(lua, type, content, options, isRaw)
        case .string where type == .character || type == .int8 || type == .uint8:
            let text = lua.bytes(at: content).unsafelyUnwrapped
            try ArrayClass.push(type, count: text.count, options, isRaw: isRaw) { storage throws(LuaFault) in
                if type == .character { return try write(lua, text, to: storage) }
                for (index, byte) in text.enumerated() {
                    storage.write(
                        .integer(type == .int8 ? Int64(Int8(bitPattern: byte)) : Int64(byte)), at: index)
                }
            }
        default:
            throw .typeMismatch(
                lua, at: content, expected: type == .character ? "size or string" : "size or list")
        }
        return 1
    }

    /// All elements are checked before the array is made.
    private static func fromTable(
        _ lua: Lua, _ type: ElementType, _ content: Int32, _ options: Parameters, _ isRaw: Bool
    ) throws(LuaFault) {
        let count = lua.rawLength(at: content)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for position in stride(from: 1, through: count, by: 1) {
            lua.rawGet(Int64(position), at: content)
            elements.append(try type.element(lua, at: lua.top))
            lua.pop()
        }
        try ArrayClass.push(type, count: count, options, isRaw: isRaw) { storage in
            for (index, element) in elements.enumerated() { storage.write(element, at: index) }
        }
    }

    private static func check(
        _ lua: Lua, _ operation: Operation.Kind
    ) throws(LuaFault) -> (storage: ArrayStorage, isRaw: Bool) {
        try ArrayClass.check(lua, ArrayClass.array, ArrayClass.rawArray, operation)
    }

    // MARK: Elements

    /// `a[i]`; one behind the last is nil, so that `ipairs` ends. `a.value` and `a.raw` of characters.
    private static func get(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .readValue)
        guard let position = lua.integer(at: 2) else { return try getText(lua, object) }
        let count = Int64(object.storage.count)
        if position == count + 1 { return 0 }
        guard position >= 1, position <= count else { throw invalidIndex(lua, position, count) }
        lua.push(try ArrayClass.access(lua, object) { $0.read(Int(position) - 1) })
        return 1
    }

    /// `a[i] = v`, `a.value = text`
    private static func set(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .writeValue)
        guard let position = lua.integer(at: 2) else { return try setText(lua, object) }
        let count = Int64(object.storage.count)
        guard position >= 1, position <= count else { throw invalidIndex(lua, position, count) }
        let element = try object.storage.type.element(lua, at: 3, for: object.storage)
        try ArrayClass.access(lua, object) { $0.write(element, at: Int(position) - 1) }
        return 0
    }

    private static func invalidIndex(_ lua: Lua, _ position: Int64, _ count: Int64) -> LuaFault {
        lua.scriptMessage(
            "invalid index \(position): the array has \(count) elements"
                + (position == 0 ? ", which count from 1" : ""))
    }

    // MARK: Text

    private static func getText(_ lua: Lua, _ object: (storage: ArrayStorage, isRaw: Bool)) throws(LuaFault)
        -> Int32
    {
        let isRaw = lua.isString("raw", at: 2)
        guard object.storage.type == .character, isRaw || lua.isString("value", at: 2) else {
            throw try noField(lua, object.storage.type)
        }
        let text = try ArrayClass.access(lua, object) { storage in
            storage.withText { all in isRaw ? Array(all) : Array(all.prefix { $0 != 0 }) }
        }
        text.withUnsafeBytes { lua.push($0) }
        return 1
    }

    /// The error for the key at 2.
    private static func noField(_ lua: Lua, _ type: ElementType) throws(LuaFault) -> LuaFault {
        .message(
            "an array of '\(type.code)' has no field '\(try lua.displayString(at: 2))'; elements are a[1] … a[#a]"
        )
    }

    private static func setText(_ lua: Lua, _ object: (storage: ArrayStorage, isRaw: Bool)) throws(LuaFault)
        -> Int32
    {
        let isRaw = lua.isString("raw", at: 2)
        let type = object.storage.type
        guard type == .character, isRaw || lua.isString("value", at: 2) else {
            throw try noField(lua, type)
        }
        guard let text = lua.bytes(at: 3) else {
            throw .message("string expected, got \(lua.typeName(at: 3))")
        }
        guard text.count <= object.storage.count else {
            throw ErrorObject.make(
                lua, .valueError,
                "\(text.count) characters are too many for an array of \(object.storage.count)")
        }
        // As in C, a shorter text ends with a zero byte.
        let bytes = Array(text) + (text.count < object.storage.count && !isRaw ? [0] : [])
        try bytes.withBytes { bytes throws(LuaFault) in
            try MemoryRelief.retrying(lua) { () throws(LuaFault) in
                try ArrayClass.access(lua, object) { storage in
                    Result { () throws(SharedMemoryExhausted) in try storage.setText(bytes) }
                }
            }
        }
        return 0
    }

    private static func write(
        _ lua: Lua, _ text: UnsafeRawBufferPointer, to storage: ArrayStorage
    ) throws(LuaFault) {
        try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in try storage.setText(text) }
    }

    // MARK: Methods

    /// `slice([i[, j]])`: a list of the elements i to j.
    private static func slice(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .readValue)
        let count = Int64(object.storage.count)
        let first = try lua.optionalInteger(at: 2) ?? 1
        let last = try lua.optionalInteger(at: 3) ?? count
        guard first >= 1, first <= count + 1 else { throw invalidIndex(lua, first, count) }
        guard last >= 0, last <= count else { throw invalidIndex(lua, last, count) }
        return try push(lua, object, Int(first - 1)..<Int(max(first - 1, last)))
    }

    private static func toTable(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .readValue)
        return try push(lua, object, 0..<object.storage.count)
    }

    private static func push(
        _ lua: Lua, _ object: (storage: ArrayStorage, isRaw: Bool), _ range: Range<Int>
    ) throws(LuaFault) -> Int32 {
        let elements = try ArrayClass.access(lua, object) { storage in range.map { storage.read($0) } }
        lua.createTable(array: elements.count)
        for (index, element) in elements.enumerated() {
            lua.push(element)
            lua.rawSet(Int64(index + 1), at: -2)
        }
        return 1
    }

    private static func length(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).storage.count)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .inspect)
        let storage = object.storage
        let name: StaticString = object.isRaw ? "RawArray" : "Array"
        lua.push(
            "<\(name)('\(storage.type.code)', \(storage.count) elements)\(SharedClasses.suffix(storage.object))>"
        )
        return 1
    }
}

/// What everything with positions shares.
enum Sequences {
    /// `pairs(a)` goes through the positions.
    static let pairs = LuaScript(
        "__pairs", "local ipairs = ipairs return function(sequence) return ipairs(sequence) end")
}
