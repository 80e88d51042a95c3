import InterProcess
import LuaBridge

/// Lua values as what containers keep, and back.
enum StoredMessages {
    /// Encodes the value at `index` and hands its message to `body`, which stores it; once more if shared memory ran out
    /// and some was found.
    static func encoding<Result>(
        _ lua: Lua, _ index: Int32, root: EncodingRoot = "value",
        _ body: (Message) throws(SharedMemoryExhausted) -> Result
    ) throws(LuaFault) -> Result {
        try MemoryRelief.retrying(lua) { () throws(LuaFault) in
            let encoder = Encoder.take()
            defer { encoder.giveBack() }
            try encoder.encode(lua, at: index, root: root)
            return Swift.Result { () throws(SharedMemoryExhausted) in try encoder.withMessage(body) }
        }
    }

    /// Calls `body` with the key at `index` as containers know it. 1.0 and 1 are the same key, as in Lua.
    static func key<Result>(
        _ lua: Lua, _ index: Int32, _ body: (UnsafeRawBufferPointer) throws(LuaFault) -> Result
    ) throws(LuaFault) -> Result {
        switch lua.type(at: index) {
        case .string, .boolean: break
        case .number:
            guard !(lua.number(at: index) ?? 0).isNaN else { throw .message("NaN cannot be a key") }
            if !lua.isInteger(at: index), let integer = lua.integer(at: index) {
                lua.push(integer)
                let pushed = lua.top
                // Not the topmost: that may be an error by then.
                defer { lua.remove(at: pushed) }
                return try bytes(lua, pushed, body)
            }
        default:
            throw .message("a \(lua.typeName(at: index)) cannot be a key (strings, numbers and booleans can)")
        }
        return try bytes(lua, index, body)
    }

    private static func bytes<Result>(
        _ lua: Lua, _ index: Int32, _ body: (UnsafeRawBufferPointer) throws(LuaFault) -> Result
    ) throws(LuaFault) -> Result {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        try encoder.encode(lua, at: index, root: "key")
        if let plain = encoder.plainBytes() { return try body(plain) }
        // A long string, of which the message has only the address.
        let copy = encoder.withMessage { $0.pieces.flatMap { Array($0) } }
        return try copy.withBytes(body)
    }

    /// Calls `body` with a fresh buffer for messages.
    static func withBuffer<Result>(
        _ body: (MessageBuffer) throws(LuaFault) -> Result
    ) throws(LuaFault) -> Result {
        let buffer = BufferPool.take()
        defer { BufferPool.giveBack(buffer) }
        return try body(buffer)
    }

    /// The messages that a value found in a container may have: a number is one and the same as float and as integer.
    static func candidates(_ lua: Lua, _ index: Int32) throws(LuaFault) -> [[UInt8]] {
        var all = [try copy(lua, index)]
        if lua.type(at: index) == .number, let integer = lua.integer(at: index) {
            if lua.isInteger(at: index) { lua.push(Double(integer)) } else { lua.push(integer) }
            defer { lua.pop() }
            if lua.integer(at: -1) == integer { all.append(try copy(lua, lua.top)) }
        }
        return all
    }

    private static func copy(_ lua: Lua, _ index: Int32) throws(LuaFault) -> [UInt8] {
        try bytes(lua, index) { Array($0) }
    }
}

/// How often this process has changed a container: whether a function that was called meanwhile has done so.
enum OwnChanges {
    nonisolated(unsafe) private(set) static var count: Int64 = 0

    static func note() { count += 1 }

    /// A function that changes what it is called for makes its caller begin again and again. After so many times it is not
    /// somebody else.
    static let mostTries: Int64 = 100
}

/// Adding numbers that are kept as messages.
enum NumberMessage {
    /// The message of the sum of the number in `bytes`, 0 if there is none, and another; nil if it is no number.
    static func sum(
        _ bytes: UnsafeRawBufferPointer?, integer: Int64?, number: Double
    ) -> MessageReader.Scalar? {
        guard let bytes else { return integer.map { .integer($0) } ?? .float(number) }
        var reader = MessageReader(bytes)
        switch reader.scalar() {
        case .integer(let value):
            return integer.map { .integer(value &+ $0) } ?? .float(Double(value) + number)
        case .float(let value): return .float(value + number)
        default: return nil
        }
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, with typed errors.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes { bytes in Swift.Result { () throws(Failure) in try body(bytes) } }.get()
    }
}
