import InterProcess
import LuaBridge

// Userdata: shared objects, descriptors, standard files.
extension EncodingPass {
    /// Writes the userdata on top of the stack.
    @inline(never)
    func writeUserdata() throws(LuaFault) {
        try lua.ensureStack(12)
        try lua.withoutCollector { () throws(LuaFault) in
            if let handle = CodecHooks.sharedObjects.handle(lua, at: -1) {
                return write(handle)
            }
            if let found = try CodecHooks.descriptors.descriptor(lua, at: -1) {
                return try write(found.descriptor, found.tag)
            }
            guard let name = StandardFiles.name(lua, of: -1) else { throw refuse() }
            write(.standardFile, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
    }

    private func write(_ handle: Handle) {
        let address = lua_topointer(lua.pointer, -1).unsafelyUnwrapped
        if writeBackReference(to: address) { return }
        state.pointee.out.append(.sharedObject, payload: 16)
        state.pointee.out.put(bigEndian: Family.id)
        state.pointee.out.put(bigEndian: handle.rawValue)
        state.pointee.handles.push(handle.rawValue)
    }

    private func write(_ descriptor: Int32, _ tag: UInt8) throws(LuaFault) {
        guard state.pointee.allowsDescriptors else {
            throw refuse(advice: "it can be sent through a Connection, or passed to the process at start()")
        }
        let address = lua_topointer(lua.pointer, -1).unsafelyUnwrapped
        if writeBackReference(to: address) { return }
        let number = state.pointee.descriptors.count
        guard number < CodecLimits.descriptors else {
            throw refuse("more than \(CodecLimits.descriptors) descriptors in one message")
        }
        state.pointee.descriptors.push(descriptor)
        state.pointee.out.append(.descriptor, payload: 2)
        state.pointee.out.put(UInt8(number))
        state.pointee.out.put(tag)
    }
}
