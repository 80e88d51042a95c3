@_exported import CLuaBridge

/// A thread of a Lua state: a stack of values and the operations on it.
///
/// This is a pointer with methods; copying it copies the pointer. Indices are Lua's: 1 is the first value of
/// the running function, -1 the topmost. Nothing here raises: what Lua would raise is reported by a result or
/// thrown as a ``LuaFault``. When memory runs out in Swift code, the process ends with a message.
///
/// Every allocating operation, each push of a string or creation of a table among them, can run the collector
/// and with it `__gc` metamethods: hold no lock and no exclusive access across one.
///
/// As in C, a function may rely on 20 free stack slots. Beyond that, call ``ensureStack(_:)``.
@frozen
public struct Lua {
    /// The thread as the C API knows it.
    public let pointer: OpaquePointer

    /// Wraps a `lua_State *` of a state opened by ``LuaRuntime``.
    @inlinable @inline(__always)
    public init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    /// The record that the bridge keeps beside the state.
    @inlinable @inline(__always)
    public var record: UnsafeMutablePointer<cluabridge_State> { cluabridge_state(pointer) }

    /// The main thread of the same state.
    public var mainThread: Lua { Lua(record.pointee.main) }

    /// The object that the embedding program stored with ``LuaRuntime/context``.
    ///
    /// Costs two loads and, unless the compiler proves it away, a retain. The type is the program's promise.
    @inlinable
    public func context<Context: AnyObject>(as type: Context.Type) -> Context {
        Unmanaged<Context>.fromOpaque(record.pointee.context.unsafelyUnwrapped).takeUnretainedValue()
    }
}

// MARK: - The stack

extension Lua {
    /// The number of values on the stack of the running function. Setting it drops values or adds nils.
    @inlinable
    public var top: Int32 {
        get { lua_gettop(pointer) }
        nonmutating set { lua_settop(pointer, newValue) }
    }

    /// The index counted from the bottom, which pushing and popping leave valid.
    @inlinable
    public func absolute(_ index: Int32) -> Int32 { lua_absindex(pointer, index) }

    /// Drops the topmost values.
    @inlinable
    public func pop(_ count: Int32 = 1) { lua_settop(pointer, -count - 1) }

    /// Pushes a copy of the value at `index`.
    @inlinable
    public func pushValue(at index: Int32) { lua_pushvalue(pointer, index) }

    /// Moves the topmost value down to `index`, shifting up what is above.
    @inlinable
    public func insert(at index: Int32) { lua_rotate(pointer, index, 1) }

    /// Drops the value at `index`, shifting down what is above.
    @inlinable
    public func remove(at index: Int32) {
        lua_rotate(pointer, index, -1)
        pop()
    }

    /// Pops the topmost value into `index`.
    @inlinable
    public func replace(at index: Int32) {
        lua_copy(pointer, -1, index)
        pop()
    }

    /// Copies the value at one index over the value at another.
    @inlinable
    public func copy(from source: Int32, to destination: Int32) { lua_copy(pointer, source, destination) }

    /// Rotates the values from `index` to the top by `count` places towards the top.
    @inlinable
    public func rotate(from index: Int32, by count: Int32) { lua_rotate(pointer, index, count) }

    /// Makes room for `count` more values.
    ///
    /// - Throws: ``LuaFault/message(_:)`` `stack overflow` beyond Lua's limit of a million values.
    @inlinable
    public func ensureStack(_ count: Int32) throws(LuaFault) {
        if lua_checkstack(pointer, count) == 0 { throw .message("stack overflow") }
    }
}

// MARK: - Upvalues of the running function

extension Lua {
    /// The pseudo-index of the running function's own upvalue number `number`, from 1. See
    /// ``push(_:upvalues:)``.
    @inlinable
    public static func upvalue(_ number: Int32) -> Int32 {
        // The first is taken by the body.
        Lua.registry - number - 1
    }

    /// The pseudo-index of the registry.
    public static let registry: Int32 = -LUAI_MAXSTACK - 1000
}
