import InterProcess
import LuaBridge

/// A kind of object that `mp.wait` takes.
protocol WaitableKind {
    /// What to wait for on behalf of the value at `index` (absolute); nil if it is of another kind.
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource?
}

/// Everything that `mp.wait` takes.
enum Waitables {
    nonisolated(unsafe) private static var kinds: [any WaitableKind.Type] = [
        WaitableDescriptor.self, WaitableConnection.self, WaitableQueue.self, WaitableEvent.self,
        WaitableProcess.self,
    ]

    /// Makes another kind of object waitable.
    static func register(_ kind: any WaitableKind.Type) { kinds.append(kind) }

    /// What to wait for on behalf of the value at `index`; nil if nobody can wait for it.
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        for kind in kinds {
            if let source = try kind.source(lua, at: index) { return source }
        }
        // Asks the object itself, which may have an opinion about any name: last.
        return try WaitableSocket.source(lua, at: index)
    }
}

/// Integers: descriptors, among them the sentinels of processes.
private enum WaitableDescriptor: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        guard let number = lua.integer(at: index) else { return nil }
        guard number >= 0, let descriptor = Int32(exactly: number) else {
            throw ErrorObject.make(lua, .valueError, "Invalid file descriptor: \(number)")
        }
        return .descriptor(descriptor)
    }
}

private enum WaitableConnection: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        guard let state = ConnectionClass.connection.object(lua, at: index)?.pointee else { return nil }
        guard state.isOpen else { throw ConnectionClass.closedFault(lua) }
        return .channel(state.channel)
    }
}

/// Queues that have an item, or will never have one again.
private enum WaitableQueue: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        for luaClass in QueueClass.classes {
            guard let reference = luaClass.object(lua, at: index)?.pointee else { continue }
            let queue = QueueStorage(reference.object)
            guard !reference.isClosed else {
                throw ErrorObject.make(lua, .valueError, "\(QueueClass.describe(queue)) is closed")
            }
            return .queue(queue)
        }
        return nil
    }
}

/// Events that are set.
private enum WaitableEvent: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        EventClass.event.object(lua, at: index).map { .event(EventStorage($0.pointee.object)) }
    }
}

/// Processes that have ended.
private enum WaitableProcess: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        guard ProcessObject.userdata.object(lua, at: index) != nil else { return nil }
        // The property says what is wrong with a process that was not started or is closed.
        try lua.get("sentinel", at: index)
        defer { lua.pop() }
        return lua.integer(at: -1).map { .descriptor(Int32(truncatingIfNeeded: $0)) }
    }
}

/// Anything with `getfd()`, as LuaSocket's sockets have it; `dirty()` says that input is buffered already.
private enum WaitableSocket: WaitableKind {
    static func source(_ lua: Lua, at index: Int32) throws(LuaFault) -> WaitSource? {
        let type = lua.type(at: index)
        guard type == .userdata || type == .table, try call("getfd", lua, index) else { return nil }
        defer { lua.pop() }
        guard let descriptor = lua.integer(at: -1).flatMap({ Int32(exactly: $0) }) else {
            throw .message("wait: getfd() gave no descriptor but a \(lua.typeName(at: -1))")
        }
        guard descriptor >= 0 else { throw ConnectionClass.closedFault(lua) }
        if try call("dirty", lua, index) {
            defer { lua.pop() }
            if lua.isTruthy(at: -1) { return .ready }
        }
        return .descriptor(descriptor)
    }

    /// Pushes what the method of that name returns; nothing if the object has none.
    private static func call(_ method: StaticString, _ lua: Lua, _ index: Int32) throws(LuaFault) -> Bool {
        do throws(LuaFault) {
            try lua.get(method, at: index)
        } catch {
            // Indexing it is an error of its own: it is no socket.
            lua.pop()
            return false
        }
        guard lua.type(at: -1) == .function else {
            lua.pop()
            return false
        }
        lua.pushValue(at: index)
        try lua.call(arguments: 1, results: 1)
        return true
    }
}
