// From the description of a class to its metatable.
extension LuaClass {
    /// Makes the class known to a state. Creating an object does so as well.
    public func install(in lua: Lua) {
        guard cluabridge_class(lua.record, number).pointee.metatable == nil else { return }
        lua.createTable(fields: metamethods.count + 6)
        lua.push(name)
        lua.rawSet("__name", at: -2)
        // Scripts cannot reach or replace the metatable; `getmetatable` shows a table with the name.
        lua.createTable(fields: 1)
        lua.push(name)
        lua.rawSet("__name", at: -2)
        lua.rawSet("__metatable", at: -2)
        lua.setFunctions(metamethods, at: -1)
        setScripts(lua) { $0.utf8Start[0] == UInt8(ascii: "_") }
        pushMembers(lua)
        setNewIndex(lua)
        setIndex(lua)
        cluabridge_install_class(lua.pointer, number, MemoryLayout<Payload>.size, finalizer)
        lua.pop()
    }

    /// Pushes the table of methods, as functions, and getters, as light userdata.
    private func pushMembers(_ lua: Lua) {
        lua.createTable(fields: methods.count + getters.count)
        lua.setFunctions(methods, at: -1)
        setScripts(lua) { $0.utf8Start[0] != UInt8(ascii: "_") }
        setBodies(getters, lua)
    }

    /// Sets the functions written in Lua whose names are wanted in the table on top of the stack.
    private func setScripts(_ lua: Lua, where isWanted: (StaticString) -> Bool) {
        for script in scripts where isWanted(script.name) {
            do throws(LuaFault) {
                try lua.push(script, chunk: "=[\(name).\(script.name)]")
                lua.rawSet(script.name, at: -2)
            } catch {
                fatalError("the code of \(name).\(script.name) compiles: \(lua.errorText(at: -1))")
            }
        }
    }

    /// Members and metatable on top of the stack: gives the metatable `__newindex`.
    private func setNewIndex(_ lua: Lua) {
        lua.push(name)
        lua.pushValue(at: -2)
        lua.createTable(fields: setters.count)
        setBodies(setters, lua)
        lua.push(body: newIndex)
        cluabridge_push_newindex(lua.pointer)
        lua.rawSet("__newindex", at: -3)
    }

    /// Members and metatable on top of the stack: pops the members into the metatable's `__index`. Where
    /// there are only methods, the table itself serves, which Lua looks up without a call. Names that it
    /// has not are refused by its own metatable.
    private func setIndex(_ lua: Lua) {
        if let index {
            lua.push(body: index)
            cluabridge_push_index(lua.pointer)
        } else {
            if let advice { lua.refuseUnknownNames(at: -1, owner: name, advice: advice) }
            if !getters.isEmpty {
                lua.pushNil()
                cluabridge_push_index(lua.pointer)
            }
        }
        lua.rawSet("__index", at: -2)
    }

    private func setBodies(_ functions: [LuaFunction], _ lua: Lua) {
        for function in functions {
            lua.push(body: function.body)
            lua.rawSet(function.name, at: -2)
        }
    }
}

extension Lua {
    /// Pushes a body as a light userdata, or nil.
    fileprivate func push(body: LuaBody?) {
        if let body {
            push(lightUserdata: unsafeBitCast(body, to: UnsafeMutableRawPointer.self))
        } else {
            pushNil()
        }
    }
}
