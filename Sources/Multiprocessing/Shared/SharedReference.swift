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

/// The classes of shared objects: which Lua class an object of the family has.
enum SharedClasses {
    /// All of them; each payload is a `SharedReference`.
    private static let all: [LuaClass<SharedReference>] = QueueClass.classes + LockClass.classes

    /// The object that the userdata at `index` refers to, nil if it is none.
    static func object(_ lua: Lua, at index: Int32) -> SharedObject? {
        for luaClass in all {
            if let reference = luaClass.object(lua, at: index) { return reference.pointee.object }
        }
        return nil
    }

    /// Pushes a Lua object for a shared object to which this process has just got a reference.
    static func push(_ object: SharedObject, to lua: Lua) throws(LuaFault) {
        let luaClass: LuaClass<SharedReference>
        switch object.kind {
        case .queue: luaClass = QueueClass.luaClass(of: QueueStorage(object))
        case .lock: luaClass = LockClass.luaClass(of: LockStorage(object))
        default:
            HandleTable.release(object)
            throw ErrorObject.make(lua, .valueError, "handle of an object that scripts have no class for")
        }
        luaClass.push(SharedReference(object), to: lua)
        lua.chargeCollector(bytes: SharedReference.charge)
    }

}

/// How messages carry shared objects: by handle.
extension SharedClasses: SharedObjectCoding {
    static func handle(_ lua: Lua, at index: Int32) -> Handle? { object(lua, at: index)?.handle }

    static func push(_ lua: Lua, _ handle: Handle) throws(LuaFault) -> Bool {
        let adopted = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
            try HandleTable.adopt(handle)
        }
        guard let object = adopted else { return false }
        try push(object, to: lua)
        return true
    }
}

extension SharedClasses {
    /// `Queue 'jobs' (script.lua:3)`: how messages speak of an object.
    static func describe(_ className: StaticString, _ object: SharedObject) -> String {
        let label = object.label
        return label.isEmpty ? className.description : "\(className) \(label)"
    }
}
