// Operations that may run metamethods. Each is one protected call, and needs eight free stack slots.
//
// They throw ``LuaFault/value``, with the error value on top of the stack in place of the result.
extension Lua {
    /// Replaces the key on top of the stack by `object[key]`.
    public func get(at index: Int32) throws(LuaFault) {
        try LuaStatus(code: cluabridge_get(pointer, index)).check()
    }

    /// Pushes `object[key]`.
    public func get(_ key: StaticString, at index: Int32) throws(LuaFault) {
        let object = absolute(index)
        push(key)
        try get(at: object)
    }

    /// Pops a value, then a key, and sets `object[key]` to the value.
    public func set(at index: Int32) throws(LuaFault) {
        try LuaStatus(code: cluabridge_set(pointer, index)).check()
    }

    /// Pops a value into `object[key]`.
    public func set(_ key: StaticString, at index: Int32) throws(LuaFault) {
        let object = absolute(index)
        push(key)
        insert(at: -2)
        try set(at: object)
    }

    /// The length, as the operator `#` gives it.
    ///
    /// - Throws: Also ``LuaFault/message(_:)`` `object length is not an integer`.
    public func length(at index: Int32) throws(LuaFault) -> Int64 {
        try LuaStatus(code: cluabridge_length(pointer, index)).check()
        defer { pop() }
        guard let length = integer(at: -1) else { throw .message("object length is not an integer") }
        return length
    }

    /// The value as text, as `tostring` gives it.
    public func displayString(at index: Int32) throws(LuaFault) -> String {
        try LuaStatus(code: cluabridge_tostring(pointer, index)).check()
        defer { pop() }
        return string(at: -1) ?? ""
    }

    /// Whether two values are equal, as the operator `==` gives it.
    public func isEqual(_ left: Int32, _ right: Int32) throws(LuaFault) -> Bool {
        try compare(left, right, LUA_OPEQ)
    }

    /// Whether one value is less than another, as the operator `<` gives it.
    public func isLess(_ left: Int32, than right: Int32) throws(LuaFault) -> Bool {
        try compare(left, right, LUA_OPLT)
    }

    private func compare(_ left: Int32, _ right: Int32, _ operation: Int32) throws(LuaFault) -> Bool {
        try LuaStatus(code: cluabridge_compare(pointer, left, right, operation)).check()
        defer { pop() }
        return isTruthy(at: -1)
    }

    /// Calls `body` for each pair that `pairs` gives, with the key at -2 and the value at -1; returning false
    /// ends it.
    ///
    /// The body leaves the stack as it found it.
    public func forEachPair(at index: Int32, _ body: () throws(LuaFault) -> Bool) throws(LuaFault) {
        try LuaStatus(code: cluabridge_pairs(pointer, index)).check()
        let iterator = top - 2
        while true {
            // Iterator, state and control are kept; the control is replaced by each new key.
            pushValue(at: iterator)
            pushValue(at: iterator + 1)
            pushValue(at: iterator + 2)
            try call(arguments: 2, results: 2)
            guard type(at: -2) != .nil, try body() else { break }
            pop()
            replace(at: iterator + 2)
        }
        top = iterator - 1
    }

    /// The text with which the `lua` program reports an error value: the message, what `__tostring` makes of
    /// it, or `(error object is a table value)`. Never fails.
    public func errorText(at index: Int32) -> String {
        let type = type(at: index)
        if type == .string { return string(at: index) ?? "" }
        let describable = type == .number || hasMetafield("__tostring", at: index)
        if describable {
            do throws(LuaFault) { return try displayString(at: index) } catch { pop() }
        }
        return "(error object is a \(type.name) value)"
    }
}

// MARK: - Globals

extension Lua {
    /// Pushes a global variable.
    public func getGlobal(_ name: StaticString) throws(LuaFault) {
        pushGlobals()
        defer { remove(at: -2) }
        try get(name, at: -1)
    }

    /// Pops a value into a global variable.
    public func setGlobal(_ name: StaticString) throws(LuaFault) {
        pushGlobals()
        insert(at: -2)
        do throws(LuaFault) {
            try set(name, at: -2)
        } catch {
            remove(at: -2)
            throw error
        }
        pop()
    }
}
