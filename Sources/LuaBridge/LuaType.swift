/// The type of a Lua value.
@frozen
public enum LuaType: Int32, Sendable {
    /// No value: an index beyond the arguments.
    case none = -1
    /// Nil.
    case `nil` = 0
    /// True or false.
    case boolean
    /// A bare pointer.
    case lightUserdata
    /// An integer or a float.
    case number
    /// Bytes, mostly text.
    case string
    /// A table.
    case table
    /// A function, whatever it is written in.
    case function
    /// An object with memory of its own: of a class, or a file.
    case userdata
    /// A coroutine, or the main thread.
    case thread

    /// The name as `type` gives it; `no value` for ``none``.
    public var name: StaticString {
        switch self {
        case .none: "no value"
        case .nil: "nil"
        case .boolean: "boolean"
        case .lightUserdata, .userdata: "userdata"
        case .number: "number"
        case .string: "string"
        case .table: "table"
        case .function: "function"
        case .thread: "thread"
        }
    }
}

extension LuaType {
    /// The type that Lua has a code for; ``none`` for any other code. A switch, since the synthesised initialiser is called
    /// and not inlined.
    @inlinable @inline(__always)
    init(code: Int32) {
        switch code {
        case 0: self = .nil
        case 1: self = .boolean
        case 2: self = .lightUserdata
        case 3: self = .number
        case 4: self = .string
        case 5: self = .table
        case 6: self = .function
        case 7: self = .userdata
        case 8: self = .thread
        default: self = .none
        }
    }
}

extension Lua {
    /// The type of the value at `index`.
    @inlinable @inline(__always)
    public func type(at index: Int32) -> LuaType { LuaType(code: lua_type(pointer, index)) }

    /// Whether there is nothing, or nil, at `index`.
    @inlinable
    public func isNoneOrNil(at index: Int32) -> Bool { lua_type(pointer, index) <= LUA_TNIL }

    /// The name of the type of the value at `index` as Lua's error messages give it: the metatable's `__name`
    /// if it has one, and `light userdata` for those.
    public func typeName(at index: Int32) -> String {
        switch luaL_getmetafield(pointer, index, "__name") {
        case LUA_TNIL:
            break
        case LUA_TSTRING:
            defer { pop() }
            return string(at: -1) ?? ""
        default:
            pop()
        }
        let type = type(at: index)
        return type == .lightUserdata ? "light userdata" : type.name.description
    }
}
