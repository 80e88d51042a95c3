import InterProcess
import LuaBridge

/// `mp.Value` and `mp.RawValue`.
enum ValueClass {
    static func make(_ name: StaticString, isRaw: Bool) -> LuaClass<SharedReference> {
        LuaClass(
            name,
            methods: [
                LuaFunction("add") { Lua.run($0, ValueClass.add) },
                LuaFunction("compare_exchange") { Lua.run($0, ValueClass.compareExchange) },
            ] + (isRaw ? [] : ArrayClass.lockMethods),
            getters: [LuaFunction("value") { Lua.run($0, ValueClass.get) }],
            setters: [LuaFunction("value") { Lua.run($0, ValueClass.set) }],
            metamethods: [
                LuaFunction("__tostring") { Lua.run($0, ValueClass.toString) }, SharedClasses.equality,
            ],
            scripts: isRaw ? [] : ArrayClass.lockScripts,
            advice: [
                "get": "it is v.value", "set": "it is v.value = n", "val": "it is v.value",
                "increment": "it is v:add(1)",
                "inc": "it is v:add(1)", "[1]": "what it holds is v.value; many are in an mp.Array",
            ],
            userValues: 1,
            finalizer: SharedReference.finalizer)
    }

    /// `Value(type[, initial])`
    static func construct(_ lua: Lua, _ function: StaticString, isRaw: Bool) throws(LuaFault) -> Int32 {
        let (type, content, options) = try ArrayClass.parameters(lua, function, isRaw: isRaw)
        let initial = lua.isNoneOrNil(at: content) ? type.zero : try type.element(lua, at: content)
        try ArrayClass.push(type, count: nil, options, isRaw: isRaw) { $0.write(initial) }
        return 1
    }

    private static func check(
        _ lua: Lua, _ operation: Operation.Kind
    ) throws(LuaFault) -> (storage: ArrayStorage, isRaw: Bool) {
        try ArrayClass.check(lua, ArrayClass.value, ArrayClass.rawValue, operation)
    }

    private static func get(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try ArrayClass.access(lua, try check(lua, .readValue)) { $0.read() })
        return 1
    }

    private static func set(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .writeValue)
        let element = try object.storage.type.element(lua, at: 3, for: object.storage)
        try ArrayClass.access(lua, object) { $0.write(element) }
        return 0
    }

    /// `add(n)`: the new value. Atomic, also for those who do not take the lock.
    private static func add(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .writeValue)
        let type = object.storage.type
        guard type.zero != .bool(false), type.zero != .character(0) else {
            throw .message("add: type '\(type.code)' is no number")
        }
        let number = try lua.checkNumber(at: 2)
        let integer = lua.integer(at: 2)
        if type.integers != nil, integer == nil { _ = try type.element(lua, at: 2, for: object.storage) }
        let outcome = try ArrayClass.access(lua, object) { storage in
            storage.modify { old in
                switch old {
                case .integer(let value):
                    let (sum, overflows) = value.addingReportingOverflow(integer ?? 0)
                    guard !overflows, let range = type.integers, range.contains(sum) else { return nil }
                    return .integer(sum)
                case .float(let value):
                    let sum = value + number
                    let isInRange =
                        type == .double || !value.isFinite || !number.isFinite || Float(sum).isFinite
                    return isInRange ? .float(sum) : nil
                default: return nil
                }
            }
        }
        guard let new = outcome.new else {
            lua.push(outcome.old)
            throw type.outOfRange(
                lua, "\(try lua.displayString(at: -1)) + \(try lua.displayString(at: 2))", object.storage)
        }
        // As the type holds it.
        lua.push(type == .float ? rounded(new) : new)
        return 1
    }

    private static func rounded(_ element: Element) -> Element {
        if case .float(let value) = element { return .float(Double(Float(value))) }
        return element
    }

    /// `compare_exchange(old, new)`: true, or false and the value that it has.
    private static func compareExchange(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .writeValue)
        let type = object.storage.type
        let expected = try type.element(lua, at: 2, for: object.storage)
        let new = try type.element(lua, at: 3, for: object.storage)
        let compared = type == .float ? rounded(expected) : expected
        let outcome = try ArrayClass.access(lua, object) { $0.modify { $0 == compared ? new : nil } }
        lua.push(outcome.new != nil)
        if outcome.new != nil { return 1 }
        lua.push(outcome.old)
        return 2
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let object = try check(lua, .inspect)
        let storage = object.storage
        // Without the lock: whoever prints it should not have to wait.
        lua.push(storage.read())
        let text = try lua.displayString(at: -1)
        let name: StaticString = object.isRaw ? "RawValue" : "Value"
        lua.push("<\(name)('\(storage.type.code)', \(text))\(SharedClasses.suffix(storage.object))>")
        return 1
    }
}
