import InterProcess
import LuaBridge

/// The code of Lua functions: kept once in shared memory, and known in messages by its id there.
enum Bytecode {
    /// A weak table from functions to the ids of their code.
    private static let idsKey = Registry.Key.bytecodeIDs

    /// What was looked up already; shared memory never forgets code.
    nonisolated(unsafe) private static var known: [UInt64: UnsafeRawBufferPointer] = [:]

    /// The id of the Lua function on top of the stack, if its code is in shared memory and this process knows it.
    static func knownID(_ lua: Lua) -> UInt64? {
        defer { lua.pop(2) }
        guard Registry.push(idsKey, to: lua) == .table else {
            lua.pushNil()
            return nil
        }
        lua.pushValue(at: -2)
        lua.rawGet(at: -2)
        return lua.integer(at: -1).map { UInt64(bitPattern: $0) }
    }

    /// Puts the code of the Lua function on top of the stack into shared memory, so that ``knownID(_:)`` finds it.
    ///
    /// When shared memory runs short, this collects garbage, and finalizers run.
    static func publish(_ lua: Lua) throws(LuaFault) {
        // Not stripped: names and lines make the tracebacks of the receiver.
        guard let code = lua.dump() else {
            throw .messageWithoutPosition("the function is not written in Lua")
        }
        let id = try intern(lua, code)
        pushIDs(lua)
        lua.pushValue(at: -2)
        lua.push(Int64(bitPattern: id))
        // A function is never a bad key.
        _ = cluabridge_rawset(lua.pointer, -3)
        lua.pop()
    }

    private static func intern(_ lua: Lua, _ code: [UInt8]) throws(LuaFault) -> UInt64 {
        let result = code.withUnsafeBytes { bytes in
            Result { () throws(SharedMemoryExhausted) in try InternTable.intern(bytes) }
        }
        switch result {
        case .success(let id): return id
        case .failure(let exhausted): throw ErrorObject.make(lua, exhausted)
        }
    }

    /// Pushes a new function with that code and fresh upvalues.
    ///
    /// - Returns: false, with nothing pushed, if nobody of this family ever published such code.
    static func push(_ lua: Lua, id: UInt64) throws(LuaFault) -> Bool {
        guard let code = bytes(id) else { return false }
        if lua.load(code, name: "=received function", accepting: .bytecode) == .ok { return true }
        let reason = lua.errorText(at: -1)
        lua.pop()
        throw ErrorObject.make(
            lua, .serializationError, "cannot load a function of the message: \(reason)")
    }

    private static func bytes(_ id: UInt64) -> UnsafeRawBufferPointer? {
        if let code = known[id] { return code }
        guard let code = InternTable.bytes(id) else { return nil }
        known[id] = code
        return code
    }

    private static func pushIDs(_ lua: Lua) {
        if Registry.push(idsKey, to: lua) == .table { return }
        lua.pop()
        lua.createTable()
        lua.createTable(fields: 1)
        lua.push("k" as StaticString)
        lua.rawSet("__mode", at: -2)
        lua.setMetatable(at: -2)
        lua.pushValue(at: -1)
        Registry.set(idsKey, in: lua)
    }
}
