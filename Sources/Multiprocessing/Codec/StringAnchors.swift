import LuaBridge

/// Keeps long strings alive that messages refer to.
///
/// A root value stays on the stack, but the tables it consists of can change between encoding and copying: when shared
/// memory runs short, garbage is collected, and finalizers run.
enum StringAnchors {
    /// Keeps the string on top of the stack alive until ``release(_:)``.
    ///
    /// - Parameter owner: For whom; its address is the registry key of a list of strings.
    static func keep(_ lua: Lua, for owner: UnsafeMutablePointer<EncoderState>) throws(LuaFault) {
        try lua.withoutCollector { () throws(LuaFault) in
            if lua.rawGet(privateKey: UnsafeRawPointer(owner), at: Lua.registry) != .table {
                lua.pop()
                lua.createTable()
                lua.pushValue(at: -1)
                lua.rawSet(privateKey: UnsafeRawPointer(owner), at: Lua.registry)
            }
            lua.pushValue(at: -2)
            lua.rawSet(Int64(lua.rawLength(at: -2)) + 1, at: -2)
            lua.pop()
        }
        owner.pointee.anchored = lua.mainThread.pointer
    }

    /// Lets go of all strings kept for the owner.
    static func release(_ owner: UnsafeMutablePointer<EncoderState>) {
        guard let state = owner.pointee.anchored else { return }
        owner.pointee.anchored = nil
        let lua = Lua(state)
        guard (try? lua.ensureStack(1)) != nil else { return }
        lua.pushNil()
        lua.rawSet(privateKey: UnsafeRawPointer(owner), at: Lua.registry)
    }
}
