// Reading the arguments of the running function, with Lua's own error messages. Strings are not taken for
// numbers, nor numbers for strings.
extension Lua {
    /// The integer at `position`.
    @inlinable
    public func checkInteger(at position: Int32) throws(LuaFault) -> Int64 {
        if let value = integer(at: position) { return value }
        if type(at: position) == .number { throw .argument(position, "number has no integer representation") }
        throw .typeMismatch(self, at: position, expected: "number")
    }

    /// The number at `position`.
    @inlinable
    public func checkNumber(at position: Int32) throws(LuaFault) -> Double {
        if let value = number(at: position) { return value }
        throw .typeMismatch(self, at: position, expected: "number")
    }

    /// The boolean at `position`.
    @inlinable
    public func checkBoolean(at position: Int32) throws(LuaFault) -> Bool {
        if let value = boolean(at: position) { return value }
        throw .typeMismatch(self, at: position, expected: "boolean")
    }

    /// The bytes of the string at `position`; see ``bytes(at:)``.
    @inlinable
    public func checkBytes(at position: Int32) throws(LuaFault) -> UnsafeRawBufferPointer {
        if let value = bytes(at: position) { return value }
        throw .typeMismatch(self, at: position, expected: "string")
    }

    /// The string at `position`.
    public func checkString(at position: Int32) throws(LuaFault) -> String {
        String(decoding: try checkBytes(at: position), as: UTF8.self)
    }

    /// Checks that there is a value of that type at `position`.
    @inlinable
    public func check(_ type: LuaType, at position: Int32) throws(LuaFault) {
        if self.type(at: position) != type {
            throw .typeMismatch(self, at: position, expected: type.name.description)
        }
    }

    /// Checks that there is a value, even if nil, at `position`.
    @inlinable
    public func checkAny(at position: Int32) throws(LuaFault) {
        if type(at: position) == .none { throw .argument(position, "value expected") }
    }

    /// Checks that there is a function, or something that can be called as one, at `position`.
    public func checkCallable(at position: Int32) throws(LuaFault) {
        if type(at: position) == .function || hasMetafield("__call", at: position) { return }
        throw .typeMismatch(self, at: position, expected: "function")
    }

    /// Checks that nothing was passed beyond `position`.
    ///
    /// - Parameters:
    ///   - position: The last argument there may be.
    ///   - message: What to say: `takes one value; send a table`.
    @inlinable
    public func checkNothing(after position: Int32, _ message: @autoclosure () -> String) throws(LuaFault) {
        if top > position { throw .argument(position + 1, message()) }
    }

    /// The integer at `position`, or nil for none and nil.
    @inlinable
    public func optionalInteger(at position: Int32) throws(LuaFault) -> Int64? {
        isNoneOrNil(at: position) ? nil : try checkInteger(at: position)
    }

    /// The number at `position`, or nil for none and nil.
    @inlinable
    public func optionalNumber(at position: Int32) throws(LuaFault) -> Double? {
        isNoneOrNil(at: position) ? nil : try checkNumber(at: position)
    }

    /// The boolean at `position`, or nil for none and nil.
    @inlinable
    public func optionalBoolean(at position: Int32) throws(LuaFault) -> Bool? {
        isNoneOrNil(at: position) ? nil : try checkBoolean(at: position)
    }

    /// The string at `position`, or nil for none and nil.
    public func optionalString(at position: Int32) throws(LuaFault) -> String? {
        isNoneOrNil(at: position) ? nil : try checkString(at: position)
    }

    /// Whether there is a value of that type at `position`; false for none and nil, an error for another
    /// type.
    @inlinable
    public func optional(_ type: LuaType, at position: Int32) throws(LuaFault) -> Bool {
        if isNoneOrNil(at: position) { return false }
        try check(type, at: position)
        return true
    }

    /// The timeout at `position`, or nil for none and nil.
    public func optionalTimeout(at position: Int32) throws(LuaFault) -> LuaTimeout? {
        if isNoneOrNil(at: position) { return nil }
        guard let seconds = number(at: position) else {
            throw .typeMismatch(self, at: position, expected: "number of seconds")
        }
        guard let timeout = LuaTimeout(seconds: seconds) else {
            throw .argument(position, "number of seconds expected, got NaN")
        }
        return timeout
    }
}
