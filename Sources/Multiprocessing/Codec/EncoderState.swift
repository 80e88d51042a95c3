import InterProcess

/// What an encoder works with. It lives at a fixed address, so that the innermost loops pay no exclusivity checks.
struct EncoderState {
    /// Bytes of a string that stay in Lua's memory, to be inserted between the bytes of the buffer.
    struct External {
        /// Where in the buffer they belong.
        var offset: Int
        let bytes: UnsafeRawBufferPointer
    }

    /// One encoded message: ranges of what is below.
    struct Record {
        var start: Int
        var end: Int
        var firstExternal: Int
        var externalsEnd: Int
        var firstHandle: Int
        var handlesEnd: Int

        var isPlain: Bool { firstExternal == externalsEnd && firstHandle == handlesEnd }
    }

    var out = ByteBuffer()
    var nodes = NodeTable()
    var frames = PlainStack<EncodingPass.Frame>(capacity: 32)
    var externals = PlainStack<External>(capacity: 4)
    /// Bytes in `externals`.
    var externalBytes = 0
    /// Raw values of handles.
    var handles = PlainStack<UInt64>(capacity: 4)
    var descriptors = PlainStack<Int32>(capacity: 4)
    var records = PlainStack<Record>(capacity: 4)
    /// Where the pieces of a message are put together.
    var pieces = PlainStack<UnsafeRawBufferPointer>(capacity: 8)

    var allowsDescriptors = false
    /// Whether something in the message being encoded is shared.
    var isGraph = false
    /// Whether `externals` has strings that are only kept alive by the registry.
    var anchored: OpaquePointer?

    /// The record of a message that begins here, and ends where it begins.
    @inline(__always)
    func beginning() -> Record {
        Record(
            start: out.count, end: out.count, firstExternal: externals.count, externalsEnd: externals.count,
            firstHandle: handles.count, handlesEnd: handles.count)
    }

    /// The same record, ending here.
    @inline(__always)
    func ending(_ record: Record) -> Record {
        var ended = record
        ended.end = out.count
        ended.externalsEnd = externals.count
        ended.handlesEnd = handles.count
        return ended
    }

    /// Forgets everything since the beginning of a message.
    mutating func takeBack(_ record: Record, descriptors count: Int) {
        out.truncate(to: record.start)
        while externals.count > record.firstExternal {
            externalBytes -= externals.last.pointee.bytes.count
            externals.pop()
        }
        handles.truncate(to: record.firstHandle)
        descriptors.truncate(to: count)
        frames.truncate(to: 0)
        nodes.reset()
        isGraph = false
    }
}
