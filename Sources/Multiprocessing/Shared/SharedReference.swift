import InterProcess
import LuaBridge

/// What a Lua object for a shared object holds: a reference of this process.
struct SharedReference: BitwiseCopyable {
    let object: SharedObject
    /// `close()` was called on this Lua object.
    var isClosed = false

    init(_ object: SharedObject) { self.object = object }

    /// The finalizer of all classes whose payload this is.
    static let finalizer: @convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer) -> Void = {
        _, payload in
        HandleTable.release(payload.assumingMemoryBound(to: SharedReference.self).pointee.object)
    }

    /// What a shared object costs outside Lua's heap, told to the collector: header, first segment.
    static let charge = 1280
}

extension LuaClass where Payload == SharedReference {
    /// Pushes a Lua object for a shared object to which this process has just got a reference.
    ///
    /// - Parameter bytes: what it costs besides its header.
    func push(_ object: SharedObject, bytes: Int = 0, to lua: Lua) {
        push(SharedReference(object), to: lua)
        lua.chargeCollector(bytes: SharedReference.charge + bytes)
    }

    /// The shared object at 1, for an operation on it.
    @inline(__always)
    func object(_ lua: Lua, for operation: Operation.Kind) throws(LuaFault) -> SharedObject {
        let object = try check(lua, at: 1).pointee.object
        Operation.enter(operation, object)
        return object
    }
}
