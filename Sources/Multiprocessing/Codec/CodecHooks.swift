import InterProcess
import LuaBridge

/// How the codec gets from a userdata to its shared object and back.
protocol SharedObjectCoding {
    /// The handle of the shared object that the userdata at `index` stands for; nil if it is something else.
    ///
    /// It must not run Lua code.
    static func handle(_ lua: Lua, at index: Int32) -> Handle?

    /// Pushes a userdata for the object of a handle.
    ///
    /// - Returns: false, with nothing pushed, if the object is gone or never was: a handle may come from anywhere.
    static func push(_ lua: Lua, _ handle: Handle) throws(LuaFault) -> Bool
}

/// How descriptors travel beside a message: only in a Connection.
protocol DescriptorCoding {
    /// The descriptor in the userdata at `index`, and a byte of the coder's own that says what it is. Nil if it is
    /// something else.
    static func descriptor(_ lua: Lua, at index: Int32) throws(LuaFault) -> (descriptor: Int32, tag: UInt8)?

    /// Pushes a userdata that owns the received descriptor from now on, also if it throws.
    static func push(_ lua: Lua, descriptor: Int32, tag: UInt8) throws(LuaFault)
}

/// What the codec is told by those who define the userdata.
enum CodecHooks {
    nonisolated(unsafe) static var sharedObjects: any SharedObjectCoding.Type = NoSharedObjects.self
    nonisolated(unsafe) static var descriptors: any DescriptorCoding.Type = NoDescriptors.self
}

private enum NoSharedObjects: SharedObjectCoding {
    static func handle(_ lua: Lua, at index: Int32) -> Handle? { nil }
    static func push(_ lua: Lua, _ handle: Handle) throws(LuaFault) -> Bool { false }
}

private enum NoDescriptors: DescriptorCoding {
    static func descriptor(_ lua: Lua, at index: Int32) throws(LuaFault) -> (descriptor: Int32, tag: UInt8)? {
        nil
    }
    static func push(_ lua: Lua, descriptor: Int32, tag: UInt8) throws(LuaFault) {
        throw .messageWithoutPosition("descriptors cannot be received here")
    }
}
