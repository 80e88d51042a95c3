/// A value kept alive in the registry.
@frozen
public struct LuaReference: Equatable, Sendable {
    @usableFromInline
    let key: Int32

    @inlinable
    init(key: Int32) {
        self.key = key
    }
}

extension Lua {
    /// Pops a value and keeps it alive until ``release(_:)``.
    @inlinable
    public func makeReference() -> LuaReference { LuaReference(key: luaL_ref(pointer, Lua.registry)) }

    /// Pushes the value kept under a reference.
    @inlinable @discardableResult
    public func push(_ reference: LuaReference) -> LuaType { rawGet(Int64(reference.key), at: Lua.registry) }

    /// Lets go of the value. The reference must not be used again.
    @inlinable
    public func release(_ reference: LuaReference) { luaL_unref(pointer, Lua.registry, reference.key) }
}
