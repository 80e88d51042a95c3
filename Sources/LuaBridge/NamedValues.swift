/// Values that have names: the fields of an options table, or the parameters of a function.
///
/// The typed readers below are the only ones there are. All leave the stack as it was and return nil for an
/// absent value.
public protocol NamedValues {
    /// Where the values live.
    var lua: Lua { get }

    /// Pushes the value of that name, nil if it is absent.
    func push(_ name: StaticString) -> LuaType

    /// The error for a value of that name which is not what it should be.
    ///
    /// - Parameters:
    ///   - name: Which value.
    ///   - expected: What it should be, as `boolean` or `number of seconds`.
    ///   - actual: What it is, as `number` or `NaN`.
    ///   - note: What to do about it.
    func mismatch(_ name: StaticString, expected: String, actual: String, note: String?) -> LuaFault
}

// Inlinable, to be specialised where they are used: called through the protocol, each takes 30 ns more.
extension NamedValues {
    /// The boolean of that name.
    @inlinable
    public func boolean(_ name: StaticString, note: String? = nil) throws(LuaFault) -> Bool? {
        try read(name, "boolean", note) { $0.boolean(at: -1) }
    }

    /// The integer of that name.
    @inlinable
    public func integer(_ name: StaticString, note: String? = nil) throws(LuaFault) -> Int64? {
        // Another type is told what Lua tells it; a number, which number it should be.
        let expected = push(name) == .number ? "integer" : "number"
        lua.pop()
        return try read(name, expected, note) { $0.integer(at: -1) }
    }

    /// The number of that name.
    @inlinable
    public func number(_ name: StaticString, note: String? = nil) throws(LuaFault) -> Double? {
        try read(name, "number", note) { $0.number(at: -1) }
    }

    /// The string of that name.
    @inlinable
    public func string(_ name: StaticString, note: String? = nil) throws(LuaFault) -> String? {
        try read(name, "string", note) { $0.string(at: -1) }
    }

    /// The timeout of that name.
    @inlinable
    public func timeout(_ name: StaticString = "timeout", note: String? = nil) throws(LuaFault) -> LuaTimeout?
    {
        try read(name, "number of seconds", note) { $0.number(at: -1).flatMap(LuaTimeout.init(seconds:)) }
    }

    /// Pushes the value of that name if it is of that type.
    ///
    /// - Returns: false, with nothing pushed, if it is absent.
    @inlinable
    public func push(_ name: StaticString, _ type: LuaType, note: String? = nil) throws(LuaFault) -> Bool {
        let found = push(name)
        if found == type { return true }
        defer { lua.pop() }
        if found == .nil { return false }
        throw mismatch(name, type.name.description, note)
    }

    @inlinable
    func read<Value>(
        _ name: StaticString, _ expected: String, _ note: String?, _ convert: (Lua) -> Value?
    ) throws(LuaFault) -> Value? {
        let found = push(name)
        defer { lua.pop() }
        if found == .nil { return nil }
        if let value = convert(lua) { return value }
        throw mismatch(name, expected, note)
    }

    /// The error for the value on top of the stack.
    @usableFromInline
    func mismatch(_ name: StaticString, _ expected: String, _ note: String?) -> LuaFault {
        var actual = lua.typeName(at: -1)
        // Where any number would not do, say which one it was.
        if let number = lua.number(at: -1), !lua.isInteger(at: -1) {
            actual = number.isNaN ? "NaN" : "\(number)"
        }
        return mismatch(name, expected: expected, actual: actual, note: note)
    }
}
