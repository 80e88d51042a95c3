import LuaBridge

// Functions: Lua functions by their code and upvalues, C functions by name.
extension EncodingPass {
    /// Begins the function on top of the stack. What needs no frame is written and popped.
    @inline(never)
    func openFunction() throws(LuaFault) -> Step {
        if lua.isCFunction(at: -1) {
            try writeCFunction()
            lua.pop()
            return .advance
        }
        let address = lua_topointer(lua.pointer, -1).unsafelyUnwrapped
        if writeBackReference(to: address) {
            lua.pop()
            return .advance
        }
        try checkDepth()
        guard let id = Bytecode.knownID(lua) else {
            try Bytecode.publish(lua)
            return .startOver
        }

        var frame = Frame(kind: .function, index: lua.top)
        frame.wrapper = .luaFunction
        frame.externalBytes = state.pointee.externalBytes
        frame.wrapperHeader = openWrapper()
        while lua.upvalueIdentity(Int32(frame.count + 1), at: frame.index) != nil { frame.count += 1 }
        state.pointee.out.append(Int64(bitPattern: id))
        state.pointee.out.append(Int64(frame.count))
        state.pointee.frames.push(frame)
        return .advance
    }

    /// Brings the next upvalue to the top of the stack, or writes that it is one met before.
    func pushUpvalue(_ frame: UnsafeMutablePointer<Frame>) -> Step {
        frame.pointee.position += 1
        let number = Int32(frame.pointee.position)
        // The compiler counts them in a byte.
        let variable = lua.upvalueIdentity(number, at: frame.pointee.index).unsafelyUnwrapped
        if writeBackReference(to: variable) { return .advance }
        lua.getUpvalue(number, at: frame.pointee.index)
        return .value
    }

    private func writeCFunction() throws(LuaFault) {
        try lua.ensureStack(12)
        try lua.withoutCollector { () throws(LuaFault) in
            guard NamedFunctions.pushName(lua, of: -1), let module = lua.bytes(at: -2),
                let field = lua.bytes(at: -1)
            else { throw refuse("a C function that is in no loaded module") }
            // Two strings with headers of at most five bytes each.
            let wrapper = openWrapper()
            state.pointee.out.append(name: module)
            state.pointee.out.append(name: field)
            let length = state.pointee.out.count - wrapper - ByteBuffer.extensionHeaderBytes
            state.pointee.out.overwrite(at: wrapper, header: .namedFunction, payload: UInt32(length))
        }
        lua.pop(2)
    }
}
