/// What a body throws to raise a Lua error.
///
/// The error is raised by the C trampoline after the body has returned.
@frozen
public enum LuaFault: Error {
    /// `bad argument #1 to 'put' (…)`. The position is the stack index; Lua adjusts it for method calls.
    case argument(Int32, String)

    /// A message with the caller's position in front, as `error(message)` gives it: `script.lua:7: …`.
    case message(String)

    /// A message as it is.
    case messageWithoutPosition(String)

    /// The value on top of the stack.
    case value
}

extension LuaFault {
    /// A function of a module that was called as `module:name(…)`.
    public static func colonAtModule(_ name: String) -> LuaFault {
        .message("'\(name)' is a function of a module: call it with a dot, not with a colon")
    }

    /// An argument of the wrong type, in Lua's words: `number expected, got string`.
    ///
    /// - Parameters:
    ///   - lua: The thread whose running function has the argument.
    ///   - position: Where the argument is.
    ///   - expected: What it should be.
    ///   - note: What to do about it, added after a semicolon.
    public static func typeMismatch(_ lua: Lua, at position: Int32, expected: String, note: String? = nil)
        -> LuaFault
    {
        var text = "\(expected) expected, got \(lua.typeName(at: position))"
        if let note { text += "; \(note)" }
        return .argument(position, text)
    }
}

extension Lua {
    /// Leaves the fault where the trampoline finds it.
    ///
    /// - Returns: The code for the trampoline.
    @usableFromInline
    func report(_ fault: LuaFault) -> Int32 {
        switch fault {
        case .value:
            return Int32(CLUABRIDGE_FAULT_VALUE)
        case .argument(let position, let text):
            record.pointee.fault.position = position
            store(text)
            return Int32(CLUABRIDGE_FAULT_ARGUMENT)
        case .message(let text):
            store(text)
            return Int32(CLUABRIDGE_FAULT_MESSAGE)
        case .messageWithoutPosition(let text):
            store(text)
            return Int32(CLUABRIDGE_FAULT_PLAIN)
        }
    }

    /// Copies the text into the record, or pushes it if it is too long for that.
    private func store(_ message: String) {
        var text = message
        let record = record
        text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let buffer = UnsafeMutableRawBufferPointer(
                start: cluabridge_fault_text(record), count: CLUABRIDGE_FAULT_CAPACITY)
            let fits = bytes.count <= buffer.count
            record.pointee.fault.on_stack = !fits
            record.pointee.fault.length = bytes.count
            if fits { buffer.copyMemory(from: bytes) } else { push(bytes) }
        }
    }
}
