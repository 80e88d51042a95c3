// Which types of Swift's own pass between Swift and Lua, and as what.

extension Bool: LuaConvertible {
    /// The boolean at `index`. Nothing else counts as one.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Bool {
        if let value = lua.boolean(at: index) { return value }
        throw LuaMismatch(lua, at: index, expected: "boolean")
    }

    /// Pushes a boolean.
    @inlinable
    public func push(to lua: Lua) { lua.push(self) }
}

extension LuaConvertible where Self: FixedWidthInteger & SignedInteger {
    /// The integer at `index`, if it has so many bits; also a float with such a value.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Self {
        if let value = lua.integer(at: index).flatMap(Self.init(exactly:)) { return value }
        throw LuaMismatch(
            lua, at: index,
            expectedInteger: bitWidth < Int64.bitWidth ? "integer of \(bitWidth) bits" : "integer")
    }

    /// Pushes an integer.
    @inlinable
    public func push(to lua: Lua) { lua.push(Int64(self)) }
}

extension Int: LuaConvertible {}
extension Int64: LuaConvertible {}
extension Int32: LuaConvertible {}

extension Double: LuaConvertible {
    /// The number at `index`; of an integer beyond 2⁵³ the nearest.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Double {
        if let value = lua.number(at: index) { return value }
        throw LuaMismatch(lua, at: index, expected: "number")
    }

    /// Pushes a float.
    @inlinable
    public func push(to lua: Lua) { lua.push(self) }
}

extension String: LuaConvertible {
    /// The string at `index`, with invalid UTF-8 repaired; ``LuaBytes`` reads any.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> String {
        if let value = lua.bytes(at: index) { return String(decoding: value, as: UTF8.self) }
        throw LuaMismatch(lua, at: index, expected: "string")
    }

    /// Pushes a string.
    @inlinable
    public func push(to lua: Lua) { lua.push(self) }
}

/// A Lua string as it is: bytes, which need not be text.
public struct LuaBytes: LuaConvertible, Hashable, Sendable {
    /// The bytes.
    public var bytes: [UInt8]

    /// Wraps bytes.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A copy of the string at `index`.
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> LuaBytes {
        if let bytes = lua.bytes(at: index) { return LuaBytes(Array(bytes)) }
        throw LuaMismatch(lua, at: index, expected: "string")
    }

    /// Pushes a string.
    public func push(to lua: Lua) {
        // A copy of our own: the push may run finalizers, which may change what `self` came from.
        let copy = bytes
        copy.withUnsafeBytes { lua.push($0) }
    }
}

extension Optional: LuaConvertible where Wrapped: LuaConvertible {
    /// The value at `index`; nil for nil and for an argument that was not passed.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Wrapped? {
        lua.isNoneOrNil(at: index) ? nil : try Wrapped.read(lua, at: index)
    }

    /// Pushes the value, or nil.
    @inlinable
    public func push(to lua: Lua) {
        if let self { self.push(to: lua) } else { lua.pushNil() }
    }
}

// MARK: - Tables

extension Array: LuaConvertible where Element: LuaConvertible {
    /// The list at `index`, read raw: `table[1]` to `table[#table]`.
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> [Element] {
        guard lua.type(at: index) == .table else { throw LuaMismatch(lua, at: index, expected: "table") }
        let count = lua.rawLength(at: index)
        var list: [Element] = []
        for position in stride(from: 1, through: count, by: 1) {
            lua.rawGet(Int64(position), at: index)
            defer { lua.pop() }
            do throws(LuaMismatch) {
                list.append(try Element.read(lua, at: -1))
            } catch { throw error.inside("[\(position)]") }
        }
        return list
    }

    /// Pushes a list.
    public func push(to lua: Lua) {
        lua.createTable(array: count)
        for (position, element) in enumerated() {
            element.push(to: lua)
            lua.rawSet(Int64(position + 1), at: -2)
        }
    }
}

extension Dictionary: LuaConvertible where Key == String, Value: LuaConvertible {
    /// The table at `index`, read raw; all its keys must be strings.
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> [String: Value] {
        guard lua.type(at: index) == .table else { throw LuaMismatch(lua, at: index, expected: "table") }
        let table = lua.absolute(index)
        var fields: [String: Value] = [:]
        lua.pushNil()
        // Reading a value runs no code that could change the table.
        while lua.nextUnchanged(at: table) {
            guard let key = lua.string(at: -2) else {
                defer { lua.pop(2) }
                throw LuaMismatch(expected: "string as key", actual: lua.typeName(at: -2))
            }
            do throws(LuaMismatch) {
                fields[key] = try Value.read(lua, at: -1)
            } catch {
                lua.pop(2)
                throw error.inside(".\(key)")
            }
            lua.pop()
        }
        return fields
    }

    /// Pushes a table with these fields.
    public func push(to lua: Lua) {
        lua.createTable(fields: count)
        for (key, value) in self {
            lua.push(key)
            value.push(to: lua)
            // A string is never a bad key.
            _ = cluabridge_rawset(lua.pointer, -3)
        }
    }
}
