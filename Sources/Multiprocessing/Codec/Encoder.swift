import InterProcess
import LuaBridge

/// Turns Lua values into messages.
///
///     let encoder = Encoder.take()
///     defer { encoder.giveBack() }
///     try encoder.encode(lua, at: 2)
///     try encoder.withMessage { message throws(SharedMemoryExhausted) in … }
///
/// An encoder can hold several messages. Long strings are not copied: the messages refer to Lua's memory, and the
/// encoder keeps the strings alive until ``reset()``. What the root values refer to must stay on the stack as long.
struct Encoder {
    private let state: UnsafeMutablePointer<EncoderState>

    /// One more for the pool, which keeps it for ever.
    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: EncoderState())
    }

    /// Whether descriptors may go along. Set by a Connection, which then sends ``descriptors`` beside the message.
    var allowsDescriptors: Bool {
        get { state.pointee.allowsDescriptors }
        nonmutating set { state.pointee.allowsDescriptors = newValue }
    }

    /// The descriptors that the messages refer to, in order. They still belong to their userdata.
    var descriptors: UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: state.pointee.descriptors.base, count: state.pointee.descriptors.count)
    }

    /// How many messages were encoded since the last reset.
    var count: Int { state.pointee.records.count }

    /// Encodes the value at `index` as one more message.
    ///
    /// - Parameter root: What errors call the value.
    /// - Throws: ``LuaFault/value`` with a SerializationError, or a MemoryError. What was encoded before stays.
    @inline(__always)
    func encode(_ lua: Lua, at index: Int32, root: EncodingRoot = "value") throws(LuaFault) {
        let state = state
        let record = state.pointee.beginning()
        switch lua.type(at: index) {
        case .number:
            if lua.isInteger(at: index) {
                state.pointee.out.append(lua_tointegerx(lua.pointer, index, nil))
            } else {
                state.pointee.out.append(lua_tonumberx(lua.pointer, index, nil))
            }
        case .nil, .none:
            state.pointee.out.appendNil()
        case .boolean:
            state.pointee.out.append(lua.isTruthy(at: index))
        default:
            return try encodeTree(lua, at: index, root: root)
        }
        state.pointee.records.push(state.pointee.ending(record))
    }

    /// Adds a message that `write` writes. If that returns false, it is taken back.
    @inline(__always)
    func appending(_ write: (UnsafeMutablePointer<EncoderState>) -> Bool) -> Bool {
        let state = state
        let record = state.pointee.beginning()
        guard write(state) else {
            state.pointee.out.truncate(to: record.start)
            return false
        }
        state.pointee.records.push(state.pointee.ending(record))
        return true
    }

    /// Calls `body` with one of the messages. They are valid until the next encoding or reset; Lua code may run
    /// meanwhile.
    @inline(__always)
    func withMessage<Result, Failure: Error>(
        at index: Int = 0, _ body: (Message) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let state = state
        let record = state.pointee.records.base[index]
        if !record.isPlain { return try withPieces(of: record, body) }
        state.pointee.pieces.truncate(to: 0)
        state.pointee.pieces.push(bytes(of: record))
        return try body(Message(pieces: UnsafeBufferPointer(start: state.pointee.pieces.base, count: 1)))
    }

    /// The bytes of a message that is in one piece and carries no handles; else nil. Valid as long as messages are.
    func plainBytes(at index: Int = 0) -> UnsafeRawBufferPointer? {
        let record = state.pointee.records.base[index]
        return record.isPlain ? bytes(of: record) : nil
    }

    /// Forgets all messages.
    @inline(__always)
    func reset() {
        let state = state
        state.pointee.out.reset()
        state.pointee.records.truncate(to: 0)
        if !state.pointee.externals.isEmpty { releaseExternals() }
        state.pointee.handles.truncate(to: 0)
        state.pointee.descriptors.truncate(to: 0)
        state.pointee.allowsDescriptors = false
    }

    // MARK: Strings, tables and the rest

    @inline(never)
    private func encodeTree(_ lua: Lua, at index: Int32, root: EncodingRoot) throws(LuaFault) {
        let state = state
        var record = state.pointee.beginning()
        let descriptors = state.pointee.descriptors.count
        let top = lua.top
        do throws(LuaFault) {
            let pass = EncodingPass(lua: lua, state: state, root: root)
            try pass.run(at: lua.absolute(index), &record)
        } catch {
            state.pointee.takeBack(record, descriptors: descriptors)
            lua.dropBelow(error, to: top)
            throw error
        }
        state.pointee.records.push(state.pointee.ending(record))
    }

    private func bytes(of record: EncoderState.Record) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: state.pointee.out.base + record.start, count: record.end - record.start)
    }

    @inline(never)
    private func withPieces<Result, Failure: Error>(
        of record: EncoderState.Record, _ body: (Message) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let state = state
        let base = state.pointee.out.base
        var offset = record.start
        state.pointee.pieces.truncate(to: 0)
        for index in record.firstExternal..<record.externalsEnd {
            let external = state.pointee.externals.base[index]
            state.pointee.pieces.push(
                UnsafeRawBufferPointer(start: base + offset, count: external.offset - offset))
            state.pointee.pieces.push(external.bytes)
            offset = external.offset
        }
        if offset < record.end {
            state.pointee.pieces.push(
                UnsafeRawBufferPointer(start: base + offset, count: record.end - offset))
        }
        let handles = (record.firstHandle..<record.handlesEnd).map {
            Handle(rawValue: state.pointee.handles.base[$0])
        }
        let pieces = UnsafeBufferPointer(start: state.pointee.pieces.base, count: state.pointee.pieces.count)
        return try body(Message(pieces: pieces, handles: handles))
    }

    private func releaseExternals() {
        state.pointee.externals.truncate(to: 0)
        state.pointee.externalBytes = 0
        StringAnchors.release(state)
    }
}

extension Lua {
    /// Restores the stack to `top` values, plus the error value if the fault has one.
    func dropBelow(_ fault: LuaFault, to top: Int32) {
        guard case .value = fault else {
            self.top = top
            return
        }
        copy(from: -1, to: top + 1)
        self.top = top + 1
    }
}
