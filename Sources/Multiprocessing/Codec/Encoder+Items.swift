import LuaBridge

/// What a message begins with that is made of some items of a list.
enum ItemsHead {
    /// Of a task: its job, and the seconds it may take for each item.
    case task(job: Int64, limit: Double?)
    /// Of a reply: the number of the task.
    case reply(Int64)

    var count: Int {
        switch self {
        case .task: 2
        case .reply: 1
        }
    }

    @inline(__always)
    fileprivate func write(to out: inout ByteBuffer) {
        switch self {
        case .task(let job, let limit):
            out.append(job)
            if let limit { out.append(limit) } else { out.append(false) }
        case .reply(let number): out.append(number)
        }
    }

    fileprivate func set(_ lua: Lua, inTableAt table: Int32) {
        switch self {
        case .task(let job, let limit):
            lua.push(job)
            lua.rawSet(1, at: table)
            if let limit { lua.push(limit) } else { lua.push(false) }
            lua.rawSet(2, at: table)
        case .reply(let number):
            lua.push(number)
            lua.rawSet(1, at: table)
        }
    }
}

/// The items of a message.
enum Items {
    /// One, at this index of the stack.
    case one(Int32)
    /// `count` of the list at this index, beginning with item `first`.
    case some(list: Int32, first: Int64, count: Int)

    var count: Int {
        switch self {
        case .one: 1
        case .some(_, _, let count): count
        }
    }

    /// Pushes item number `offset`, from 0.
    @inline(__always)
    fileprivate func push(_ lua: Lua, _ offset: Int) -> LuaType {
        switch self {
        case .one(let index):
            lua.pushValue(at: index)
            return lua.type(at: index)
        case .some(let list, let first, _):
            return lua.rawGet(first + Int64(offset), at: list)
        }
    }
}

// Messages that are arrays of a head and items: what `encode` makes of a table with the same contents, without the table.
extension Encoder {
    /// Encodes the array of `head` and `items` as one more message.
    ///
    /// - Parameter root: What errors call the value.
    @inline(__always)
    func encode(_ lua: Lua, _ head: ItemsHead, _ items: Items, root: EncodingRoot = "value") throws(LuaFault)
    {
        if !appendScalars(lua, head, items, root) { try encodeTable(lua, head, items, root) }
    }

    /// Does it if all items are scalars. Else nothing is written.
    @inline(__always)
    private func appendScalars(_ lua: Lua, _ head: ItemsHead, _ items: Items, _ root: EncodingRoot) -> Bool {
        appending { state in
            let pass = EncodingPass(lua: lua, state: state, root: root)
            state.pointee.out.append(arrayOf: head.count + items.count)
            head.write(to: &state.pointee.out)
            for offset in 0..<items.count {
                let isScalar = pass.writeScalar(of: items.push(lua, offset))
                lua.pop()
                if !isScalar { return false }
            }
            return true
        }
    }

    @inline(never)
    private func encodeTable(
        _ lua: Lua, _ head: ItemsHead, _ items: Items, _ root: EncodingRoot
    ) throws(LuaFault) {
        lua.createTable(array: head.count + items.count)
        let table = lua.top
        head.set(lua, inTableAt: table)
        for offset in 0..<items.count {
            if items.push(lua, offset) == .nil { throw .message("an item of the list is gone") }
            lua.rawSet(Int64(head.count + offset + 1), at: table)
        }
        // It stays on the stack as long as the message refers to what is in it; the caller drops it.
        try encode(lua, at: table, root: root)
    }
}
