import LuaBridge

/// The decoding of one message that is more than a scalar.
///
/// Like the encoder it does not recurse: what is being filled is a frame, and lies on the Lua stack. The collector is
/// stopped, except while a module is required.
struct DecodingPass {
    /// A table or function that is being filled.
    struct Frame {
        enum Kind: UInt8 {
            case array
            /// A key comes next.
            case map
            /// The key's value comes next.
            case mapValue
            /// A Lua function: an upvalue comes next.
            case function
        }

        var kind: Kind
        /// The table is an instance; its metatable lies below it.
        var isInstance = false
        /// Where the table or function is on the Lua stack.
        let index: Int32
        /// Elements, entries or upvalues that are done.
        var position = 0
        /// Elements, entries or upvalues in all.
        let count: Int
        /// For extensions, the offset at which they must end; else -1.
        var end = -1
    }

    let lua: Lua
    var reader: MessageReader
    let descriptors: UnsafeMutableBufferPointer<Int32>
    private let collectorWasRunning: Bool
    var frames: PlainStack<Frame>

    /// Values that open frames still wait for. Each takes a byte at least; so a message that promises more values than
    /// it has bytes is found out before anything is allocated for them.
    var owed = 1

    /// Where the list of nodes is on the Lua stack if the message is a graph, else 0. Node n is at n. For an upvalue it
    /// is the function that has it, and its number there is at -n.
    private var nodes: Int32 = 0
    private var nodeCount = 0
    /// Whether nodes are to be entered.
    @inline(__always)
    var isGraph: Bool { nodes != 0 }
    private var graphEnd = -1

    /// Frames are kept for the next message. Nested decoding finds none and makes its own.
    nonisolated(unsafe) private static var spareFrames: PlainStack<Frame>?

    init(
        lua: Lua, bytes: UnsafeRawBufferPointer, descriptors: UnsafeMutableBufferPointer<Int32>,
        collectorWasRunning: Bool
    ) {
        self.lua = lua
        self.descriptors = descriptors
        self.collectorWasRunning = collectorWasRunning
        reader = MessageReader(bytes)
        frames = Self.spareFrames ?? PlainStack(capacity: 32)
        Self.spareFrames = nil
    }

    /// Frees what the pass used.
    mutating func end() {
        if Self.spareFrames == nil, frames.capacity <= 1024 {
            frames.truncate(to: 0)
            Self.spareFrames = frames
        } else {
            frames.free()
        }
    }

    /// Pushes the value of the message.
    mutating func run() throws(LuaFault) {
        try lua.ensureStack(40)
        try beginGraph()
        while true {
            owed -= 1
            if !reader.pushScalar(lua), try !pushOther() { continue }
            // A value is complete. It may complete what it belongs to, and so on.
            repeat {
                if frames.isEmpty { return try finish() }
            } while try store(frames.last)
        }
    }

    /// Moves the value on top of the stack to where it belongs.
    ///
    /// - Returns: Whether that was the last one there, so that the table or function on top is now complete itself.
    @inline(__always)
    private mutating func store(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) -> Bool {
        switch frame.pointee.kind {
        case .array:
            frame.pointee.position += 1
            lua_rawseti(lua.pointer, frame.pointee.index, Int64(frame.pointee.position))
        case .map:
            frame.pointee.kind = .mapValue
            return false
        case .mapValue:
            guard cluabridge_rawset(lua.pointer, frame.pointee.index) == CLUABRIDGE_RAW_DONE else {
                throw malformed("a key that is nil or NaN")
            }
            frame.pointee.position += 1
            frame.pointee.kind = .map
        case .function:
            frame.pointee.position += 1
            lua.setUpvalue(Int32(frame.pointee.position), at: frame.pointee.index)
            if frame.pointee.position < frame.pointee.count { try beginUpvalues(frame) }
        }
        if frame.pointee.position < frame.pointee.count { return false }
        try close(frame)
        return true
    }

    /// Ends the innermost frame.
    @inline(__always)
    mutating func close(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) {
        if frame.pointee.end >= 0 { try closeExtension(frame) }
        frames.pop()
    }

    private mutating func closeExtension(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) {
        guard reader.offset == frame.pointee.end else { throw malformed("an extension of the wrong length") }
        if frame.pointee.isInstance {
            // Only now, so that no finalizer ever sees half an object.
            lua.pushValue(at: frame.pointee.index - 1)
            lua.setMetatable(at: frame.pointee.index)
            lua.remove(at: frame.pointee.index - 1)
        }
    }

    /// Reads what is no scalar: pushes it, or opens a frame for it.
    ///
    /// - Returns: Whether it is complete.
    @inline(__always)
    private mutating func pushOther() throws(LuaFault) -> Bool {
        let before = reader
        switch reader.header() {
        case .array(let count):
            return try openTable(.array, count)
        case .map(let count):
            return try openTable(.map, count)
        case .extension(let type, let length):
            return try pushExtension(type, length)
        case nil:
            reader = before
            throw unreadable()
        }
    }

    // MARK: Tables

    /// Pushes a table and opens a frame for its contents.
    ///
    /// - Returns: Whether it has none, so that there is no frame.
    @inline(__always)
    mutating func openTable(_ kind: Frame.Kind, _ count: Int) throws(LuaFault) -> Bool {
        try openTable(Frame(kind: kind, index: lua_gettop(lua.pointer) + 1, count: count))
    }

    @inline(__always)
    mutating func openTable(_ frame: Frame) throws(LuaFault) -> Bool {
        let isArray = frame.kind == .array
        try owe(isArray ? frame.count : 2 * frame.count)
        // Hints: a table grows if there is more, and is not made huge on the word of a message.
        let hint = Int32(truncatingIfNeeded: min(frame.count, 1 << 20))
        lua_createtable(lua.pointer, isArray ? hint : 0, isArray ? 0 : hint)
        if isGraph { enterNode() }
        if frame.count == 0, frame.end < 0 { return true }
        try push(frame)
        if frame.count > 0 { return false }
        try close(frames.last)
        return true
    }

    /// Promises that `count` more values follow.
    @inline(__always)
    mutating func owe(_ count: Int) throws(LuaFault) {
        owed += count
        if owed > reader.remaining { throw malformed("it ends too early") }
    }

    /// Opens a frame.
    @inline(__always)
    mutating func push(_ frame: Frame) throws(LuaFault) {
        if frames.count >= CodecLimits.depth {
            throw malformed("nested more than \(CodecLimits.depth) levels deep")
        }
        // A frame takes three slots of the Lua stack: metatable, table, key.
        if frames.count & 7 == 7 { try lua.ensureStack(40) }
        frames.push(frame)
    }

    // MARK: Graphs

    /// If the message is a graph, goes inside and makes the list of nodes.
    private mutating func beginGraph() throws(LuaFault) {
        var inside = reader
        guard case .extension(let type, let length) = inside.header(), type == ExtensionType.graph.rawValue
        else { return }
        reader = inside
        graphEnd = reader.offset + length
        lua.createTable(array: 8)
        nodes = lua.top
    }

    /// The value on top of the stack is the next node.
    @inline(never)
    mutating func enterNode() {
        nodeCount += 1
        lua.pushValue(at: -1)
        lua.rawSet(Int64(nodeCount), at: nodes)
    }

    /// Pushes the value that a back reference names.
    mutating func pushNode(_ number: Int) throws(LuaFault) {
        guard number >= 1, number <= nodeCount, variable(number) == nil else {
            throw malformed("a back reference to nothing")
        }
        lua.rawGet(Int64(number), at: nodes)
    }

    /// Enters upvalue number `upvalue` of the function at `index` as the next node.
    mutating func enterVariable(_ upvalue: Int, of index: Int32) {
        guard nodes != 0 else { return }
        nodeCount += 1
        lua.pushValue(at: index)
        lua.rawSet(Int64(nodeCount), at: nodes)
        lua.push(upvalue)
        lua.rawSet(-Int64(nodeCount), at: nodes)
    }

    /// The number of the upvalue that is this node; nil if the node is something else.
    func variable(_ node: Int) -> Int32? {
        guard nodes != 0, node <= nodeCount else { return nil }
        lua.rawGet(-Int64(node), at: nodes)
        defer { lua.pop() }
        return lua.integer(at: -1).map { Int32(truncatingIfNeeded: $0) }
    }

    /// Pushes the function whose upvalue is this node.
    func pushOwner(of node: Int) { lua.rawGet(Int64(node), at: nodes) }

    // MARK: The end, and what goes wrong

    /// Checks that the message ends here.
    private mutating func finish() throws(LuaFault) {
        guard reader.isAtEnd else { throw malformed("something follows the value") }
        if nodes == 0 { return }
        guard reader.offset == graphEnd else { throw malformed("a graph of the wrong length") }
        lua.remove(at: nodes)
    }

    /// Runs what may run Lua code, with the collector as it was.
    func withCollector<Result>(_ body: () throws(LuaFault) -> Result) throws(LuaFault) -> Result {
        cluabridge_resume_collector(lua.pointer, collectorWasRunning)
        defer { _ = cluabridge_pause_collector(lua.pointer) }
        return try body()
    }

    /// The error for a message that cannot be right.
    func malformed(_ what: String) -> LuaFault {
        ErrorObject.make(lua, .serializationError, "malformed message: \(what) (at byte \(reader.offset))")
    }

    /// The error for what is neither scalar nor container, or not complete.
    private func unreadable() -> LuaFault {
        if reader.isAtEnd { return malformed("it ends too early") }
        if reader.peeked == 0xc1 { return malformed("the byte 0xc1, which begins no value") }
        if reader.peeked == 0xcf, reader.remaining >= 9 { return malformed("integer out of range") }
        return malformed("it ends too early")
    }
}
