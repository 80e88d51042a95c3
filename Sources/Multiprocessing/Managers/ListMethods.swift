import InterProcess
import LuaBridge

/// The methods of lists.
enum ListMethods {
    static let all = [
        LuaFunction("append") { Lua.run($0, append) },
        LuaFunction("extend") { Lua.run($0, extend) },
        LuaFunction("insert") { Lua.run($0, insert) },
        LuaFunction("remove") { Lua.run($0, remove) },
        LuaFunction("pop") { Lua.run($0, pop) },
        LuaFunction("index") { Lua.run($0, index) },
        LuaFunction("count") { Lua.run($0, count) },
        LuaFunction("reverse") { Lua.run($0, reverse) },
        LuaFunction("copy") { Lua.run($0, copy) },
        LuaFunction("clear") { Lua.run($0, clear) },
    ]

    /// `sort([less])`, `sort{key=, reverse=}`: stable, as in Python. It sorts a copy; if somebody else has changed the list
    /// meanwhile, it begins again.
    static let sort = LuaScript(
        "sort",
        """
        local options, snapshot, replace = ...
        local sort, ipairs = table.sort, ipairs
        local function sorted(values, less, key, reverse)
            local keys, order = values, {}
            if key then
                keys = {}
                for i = 1, #values do keys[i] = key(values[i]) end
            end
            for i = 1, #values do order[i] = i end
            sort(order, function(i, j)
                local a, b = keys[i], keys[j]
                if reverse then a, b = b, a end
                if less then
                    if less(a, b) then return true end
                    if less(b, a) then return false end
                else
                    if a < b then return true end
                    if b < a then return false end
                end
                return i < j
            end)
            local result = {}
            for place, i in ipairs(order) do result[place] = values[i] end
            return result
        end
        return function(list, ...)
            local less, key, reverse = options(list, ...)
            repeat
                local values, version, own = snapshot(list)
            until replace(list, version, sorted(values, less, key, reverse), own)
        end
        """, using: [{ Lua.run($0, sortOptions) }, { Lua.run($0, snapshot) }, { Lua.run($0, replace) }])

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> ListStorage {
        try ListClass.check(lua, operation)
    }

    // MARK: Adding

    private static func checkValue(_ lua: Lua, at index: Int32) throws(LuaFault) {
        if lua.isNoneOrNil(at: index) { throw .argument(index, "a list has no nil in it") }
    }

    private static func append(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try checkValue(lua, at: 2)
        try lua.checkNothing(after: 2, "append takes one value; a list of them goes to extend")
        try StoredMessages.encoding(lua, 2) { message throws(SharedMemoryExhausted) in
            try storage.append(message)
        }
        OwnChanges.note()
        return 0
    }

    /// `extend(list)`
    private static func extend(_ lua: Lua) throws(LuaFault) -> Int32 {
        try extend(lua, try check(lua, .writeEntry), from: 2)
        return 0
    }

    /// Appends all elements of the table or list at `index`, or none.
    static func extend(_ lua: Lua, _ storage: ListStorage, from index: Int32) throws(LuaFault) {
        if ListClass.list.object(lua, at: index) != nil {
            try pushCopy(lua, ListStorage(SharedClasses.object(lua, at: index).unsafelyUnwrapped))
            let copy = lua.top
            defer { lua.remove(at: copy) }
            return try appendAll(lua, storage, from: copy)
        }
        guard lua.type(at: index) == .table else {
            throw .typeMismatch(lua, at: index, expected: "table or list")
        }
        try checkPositions(lua, index)
        try appendAll(lua, storage, from: lua.absolute(index))
    }

    /// What a list cannot hold is not dropped silently.
    private static func checkPositions(_ lua: Lua, _ table: Int32) throws(LuaFault) {
        let count = Int64(lua.rawLength(at: table))
        lua.pushNil()
        while try lua.next(at: table) {
            lua.pop()
            if let position = lua.integer(at: -1), position >= 1, position <= count { continue }
            throw .message(
                "a list has positions 1, 2, 3 …, and the table has \(try lua.displayString(at: -1)) as well")
        }
    }

    private static func appendAll(_ lua: Lua, _ storage: ListStorage, from table: Int32) throws(LuaFault) {
        try MemoryRelief.retrying(lua) { () throws(LuaFault) in
            let encoder = Encoder.take()
            defer { encoder.giveBack() }
            try encodeAll(lua, table, encoder)
            return Result { () throws(SharedMemoryExhausted) in
                try storage.append(encoder.count) { index, append throws(SharedMemoryExhausted) in
                    try encoder.withMessage(at: index, append)
                }
            }
        }
    }

    /// Encodes all elements of a table, each as a message.
    private static func encodeAll(_ lua: Lua, _ table: Int32, _ encoder: Encoder) throws(LuaFault) {
        for position in stride(from: 1, through: lua.rawLength(at: table), by: 1) {
            if lua.rawGet(Int64(position), at: table) == .nil {
                throw .message("a list has no nil in it (at position \(position))")
            }
            try encoder.encode(lua, at: lua.top, root: "value[\(position)]")
            lua.pop()
        }
    }

    /// `insert(position, v)`: before the element that is there; behind the last if there is none.
    private static func insert(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        let position = Int(try lua.checkInteger(at: 2))
        try checkValue(lua, at: 3)
        try StoredMessages.encoding(lua, 3) { message throws(SharedMemoryExhausted) in
            try storage.insert(message, at: max(position, 1) - 1)
        }
        OwnChanges.note()
        return 0
    }

    // MARK: Removing

    /// `remove(v)`: the first element that is v.
    private static func remove(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        try checkValue(lua, at: 2)
        let wanted = try StoredMessages.candidates(lua, 2)
        OwnChanges.note()
        if storage.removeFirst(where: { bytes in wanted.contains { bytes.elementsEqual($0) } }) { return 0 }
        throw .message("ValueError: list.remove(x): x not in list")
    }

    /// `pop([position])`: the last element, or that one.
    private static func pop(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        let position = try lua.optionalInteger(at: 2).map { Int($0) }
        OwnChanges.note()
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard storage.remove(at: position.map { $0 &- 1 }, into: buffer) else {
                let count = storage.count
                throw count == 0
                    ? .message("pop from empty list") : ListClass.outOfRange(position ?? count, count)
            }
            try Decoder.decode(lua, buffer[0])
            return 1
        }
    }

    private static func clear(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .writeEntry).clear()
        OwnChanges.note()
        return 0
    }

    // MARK: Finding

    /// `index(v[, first[, last]])`
    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        let first = try lua.optionalInteger(at: 3) ?? 1
        let last = try lua.optionalInteger(at: 4) ?? .max
        for position in try positions(lua) where position >= first && position <= last {
            lua.push(position)
            return 1
        }
        let text = try lua.displayString(at: 2)
        throw .message("ValueError: \(lua.type(at: 2) == .string ? "'\(text)'" : text) is not in list")
    }

    private static func count(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try positions(lua).count)
        return 1
    }

    /// The positions of the elements that are the value at 2.
    private static func positions(_ lua: Lua) throws(LuaFault) -> [Int] {
        let storage = try check(lua, .readEntry)
        try checkValue(lua, at: 2)
        let wanted = try StoredMessages.candidates(lua, 2)
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            storage.read(from: 0, into: buffer)
            return (0..<buffer.count).filter { index in wanted.contains { buffer[index].elementsEqual($0) } }
                .map { $0 + 1 }
        }
    }

    // MARK: All of it

    private static func copy(_ lua: Lua) throws(LuaFault) -> Int32 {
        try pushCopy(lua, try check(lua, .readEntry))
        return 1
    }

    /// Pushes a table of all elements as they are at one moment.
    @discardableResult
    private static func pushCopy(_ lua: Lua, _ storage: ListStorage) throws(LuaFault) -> UInt64 {
        try StoredMessages.withBuffer { buffer throws(LuaFault) in
            let changes = storage.read(from: 0, into: buffer)
            lua.createTable(array: buffer.count)
            for index in 0..<buffer.count {
                try Decoder.decode(lua, buffer[index])
                lua.rawSet(Int64(index + 1), at: -2)
            }
            return changes
        }
    }

    private static func reverse(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        repeat {
            lua.top = 1
            let changes = try pushCopy(lua, storage)
            let count = lua.rawLength(at: 2)
            for low in stride(from: 1, through: count / 2, by: 1) {
                lua.rawGet(Int64(low), at: 2)
                lua.rawGet(Int64(count + 1 - low), at: 2)
                lua.rawSet(Int64(low), at: 2)
                lua.rawSet(Int64(count + 1 - low), at: 2)
            }
            if try replace(lua, storage, changes, from: 2) { return 0 }
        } while true
    }

    /// Exchanges all elements for those of a table, if the list has been changed so many times.
    private static func replace(
        _ lua: Lua, _ storage: ListStorage, _ changes: UInt64, from table: Int32
    ) throws(LuaFault) -> Bool {
        try MemoryRelief.retrying(lua) { () throws(LuaFault) in
            let encoder = Encoder.take()
            defer { encoder.giveBack() }
            try encodeAll(lua, table, encoder)
            return Result { () throws(SharedMemoryExhausted) in
                let replacement = try ListStorage.Replacement()
                do throws(SharedMemoryExhausted) {
                    for index in 0..<encoder.count { try encoder.withMessage(at: index, replacement.append) }
                } catch {
                    replacement.discard()
                    throw error
                }
                if replacement.commit(to: storage, ifChanged: changes) { return true }
                replacement.discard()
                return false
            }
        }
    }

    // MARK: sort

    /// `(list, …)`: comparison, key and direction.
    private static func sortOptions(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try check(lua, .writeEntry)
        let parameters = try Parameters(lua, of: "sort", from: 2, ["less"], optionsOnly: ["key", "reverse"])
        let reverse = try parameters.boolean("reverse") ?? false
        for name in ["less", "key"] as [StaticString] where try !parameters.push(name, .function) {
            lua.pushNil()
        }
        lua.push(reverse)
        return 3
    }

    /// `(list)`: all elements, how often it was changed, and how often this process has changed anything.
    private static func snapshot(_ lua: Lua) throws(LuaFault) -> Int32 {
        let changes = try pushCopy(lua, try check(lua, .readEntry))
        lua.push(Int64(bitPattern: changes))
        lua.push(OwnChanges.count)
        return 3
    }

    /// `(list, changes, elements, own)`: whether they are its elements now.
    private static func replace(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .writeEntry)
        let changes = UInt64(bitPattern: try lua.checkInteger(at: 2))
        let isDone = try replace(lua, storage, changes, from: 3)
        if !isDone, try lua.checkInteger(at: 4) != OwnChanges.count {
            throw .message("ValueError: list modified during sort")
        }
        lua.push(isDone)
        return 1
    }
}
