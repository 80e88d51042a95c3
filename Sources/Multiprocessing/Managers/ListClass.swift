import InterProcess
import LuaBridge

/// The lists of a manager. Positions count from 1.
enum ListClass {
    static let list: LuaClass<SharedReference> = LuaClass(
        "list",
        methods: ListMethods.all,
        metamethods: [
            LuaFunction("__len") { Lua.run($0, length) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
            SharedClasses.equality,
        ],
        index: { Lua.run($0, index) },
        newIndex: { Lua.run($0, newIndex) },
        scripts: [Sequences.pairs, ListMethods.sort],
        finalizer: SharedReference.finalizer)

    /// `m:list([contents])`
    static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try ManagerClass.manager.check(lua, at: 1)
        if lua.top < 2 { lua.top = 2 }
        let options = try Parameters(lua, of: "list", from: 3, [], optionsOnly: ["name"])
        let storage = try Constructor.make(options) { name, place throws(SharedMemoryExhausted) in
            try ListStorage.create(name: name, place: place)
        }
        list.push(storage.object, to: lua)
        if !lua.isNoneOrNil(at: 2) { try ListMethods.extend(lua, storage, from: 2) }
        return 1
    }

    @inline(__always)
    static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> ListStorage {
        ListStorage(try list.object(lua, for: operation))
    }

    private static func length(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).count)
        return 1
    }

    /// `l[i]`: a copy of the element, nil behind the last one: another process may just have made the list shorter.
    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .readEntry)
        let position = try self.position(lua, at: 2)
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            if storage.get(position &- 1, into: buffer) {
                try Decoder.decode(lua, buffer[0])
                return 1
            }
            // table.remove looks at 0 if the list is empty.
            guard position > 0 || position == 0 && storage.count == 0 else {
                throw outOfRange(position, storage.count)
            }
            return 0
        }
    }

    /// `l[i] = v`; `l[#l + 1] = v` appends, `l[#l] = nil` removes the last.
    private static func newIndex(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        let position = try self.position(lua, at: 2)
        if lua.type(at: 3) == .nil {
            try removeLast(storage, position)
            return 0
        }
        let isDone = try StoredMessages.encoding(lua, 3) { message throws(SharedMemoryExhausted) in
            try storage.set(position &- 1, message)
        }
        OwnChanges.note()
        guard isDone else { throw outOfRange(position, storage.count) }
        return 0
    }

    private static func removeLast(_ storage: ListStorage, _ position: Int) throws(LuaFault) {
        let count = storage.count
        if position == 0, count == 0 { return }
        guard position == count || position == count + 1 else {
            throw .message("a list has no nil in it; use l:pop(\(position)) to remove an element")
        }
        if position == count { _ = storage.remove(at: position - 1, into: nil) }
    }

    private static func position(_ lua: Lua, at index: Int32) throws(LuaFault) -> Int {
        if let position = lua.integer(at: index) { return Int(position) }
        let key =
            lua.type(at: index) == .string
            ? "'\(lua.string(at: index) ?? "")'" : "a \(lua.typeName(at: index))"
        throw .message("a list has positions from 1 on, and no field \(key)")
    }

    static func outOfRange(_ position: Int, _ count: Int) -> LuaFault {
        .message("list index out of range: \(position), the list has \(count) elements")
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        lua.push("<list\(SharedClasses.suffix(storage.object)) \(storage.count) elements>")
        return 1
    }
}
