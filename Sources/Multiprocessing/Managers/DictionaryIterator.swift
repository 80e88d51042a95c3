import InterProcess
import LuaBridge

/// `pairs(d)`: goes through a dictionary while others may change it, a batch of entries at a time.
enum DictionaryIterator {
    private final class Position {
        let cursor = DictionaryStorage.Cursor()
        let buffer = MessageBuffer(capacity: 1024)
        var next = 0
        /// An entry is being decoded: that may run code of the script.
        var isBusy = false
    }

    private struct State: BitwiseCopyable {
        let object: SharedObject
        let position: UnsafeMutableRawPointer
    }

    private static let userdata = LuaClass<State>(
        "Iterator", userValues: 1,
        finalizer: { _, payload in
            let position = payload.assumingMemoryBound(to: State.self).pointee.position
            Unmanaged<Position>.fromOpaque(position).release()
        })

    /// `__pairs`: iterator and state.
    static func pairs(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard let object = SharedClasses.object(lua, at: 1), object.kind == .dictionary else {
            throw .typeMismatch(lua, at: 1, expected: "dict")
        }
        lua.push { Lua.run($0, DictionaryIterator.next) }
        let position = Unmanaged.passRetained(Position()).toOpaque()
        userdata.push(State(object: object, position: position), to: lua)
        // The dictionary lives as long as the iterator.
        lua.pushValue(at: 1)
        lua.setUserValue(1, at: -2)
        return 2
    }

    private static func next(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try userdata.check(lua, at: 1).pointee
        let position = Unmanaged<Position>.fromOpaque(state.position).takeUnretainedValue()
        Operation.enter(.readEntry, state.object)
        if position.isBusy { throw .message("the iterator is in use already") }
        if position.next == position.buffer.count {
            position.buffer.clear()
            position.next = 0
            DictionaryStorage(state.object).read(after: position.cursor, into: position.buffer)
            if position.buffer.count == 0 { return 0 }
        }
        position.isBusy = true
        defer { position.isBusy = false }
        // Also past an entry that cannot be decoded.
        let entry = position.next
        position.next += 2
        try Decoder.decode(lua, position.buffer[entry])
        try Decoder.decode(lua, position.buffer[entry + 1])
        return 2
    }
}
