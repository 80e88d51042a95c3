// Functions as data: upvalues, bytecode, loading.
extension Lua {
    /// Puts a function that calls `before`, and then does what it did, in place of the C function on top of the stack, if it
    /// is one and has no upvalues.
    public func precede(with before: @convention(c) () -> Void) { cluabridge_precede(pointer, before) }

    /// Pushes upvalue number `number`, from 1, of the function at `index`, or nothing if it has no such.
    ///
    /// - Returns: The upvalue's name: empty for functions written in C, `(no name)` where debug information
    ///   is stripped. Valid while the function is.
    @discardableResult
    public func getUpvalue(_ number: Int32, at index: Int32) -> UnsafePointer<CChar>? {
        lua_getupvalue(pointer, index, number)
    }

    /// Pops a value into upvalue number `number` of the function at `index`.
    ///
    /// - Returns: false, with nothing popped, if it has no such.
    @discardableResult
    public func setUpvalue(_ number: Int32, at index: Int32) -> Bool {
        lua_setupvalue(pointer, index, number) != nil
    }

    /// What identifies upvalue number `number` of the function at `index`: functions that share the variable
    /// have the same. Nil if it has no such.
    public func upvalueIdentity(_ number: Int32, at index: Int32) -> UnsafeMutableRawPointer? {
        lua_upvalueid(pointer, index, number)
    }

    /// Makes an upvalue of one Lua function refer to that of another.
    ///
    /// - Returns: false if either is not a Lua function or has no such upvalue.
    @discardableResult
    public func joinUpvalue(
        _ number: Int32, at index: Int32, to otherNumber: Int32, at otherIndex: Int32
    ) -> Bool {
        guard hasUpvalue(number, at: index), hasUpvalue(otherNumber, at: otherIndex) else { return false }
        lua_upvaluejoin(pointer, index, number, otherIndex, otherNumber)
        return true
    }

    private func hasUpvalue(_ number: Int32, at index: Int32) -> Bool {
        type(at: index) == .function && !isCFunction(at: index) && upvalueIdentity(number, at: index) != nil
    }

    /// The bytecode of the Lua function on top of the stack. Nil for a function written in C.
    ///
    /// - Parameter strip: Leave out names and line numbers.
    public func dump(strip: Bool = false) -> [UInt8]? {
        var code: [UInt8] = []
        let status = withUnsafeMutablePointer(to: &code) { code in
            let writer: lua_Writer = { _, bytes, count, code in
                let piece = UnsafeRawBufferPointer(start: bytes, count: count)
                code.unsafelyUnwrapped.assumingMemoryBound(to: [UInt8].self).pointee.append(contentsOf: piece)
                return 0
            }
            return lua_dump(pointer, writer, code, strip ? 1 : 0)
        }
        return status == 0 ? code : nil
    }

    /// What ``load(_:name:accepting:)`` takes.
    @frozen
    public enum ChunkKind: Sendable {
        /// Source text.
        case text
        /// What ``dump(strip:)`` gives. Lua does not check it: made by hand it can crash the process.
        case bytecode
        /// Either.
        case any

        @usableFromInline
        var mode: StaticString {
            switch self {
            case .text: "t"
            case .bytecode: "b"
            case .any: "bt"
            }
        }

        @usableFromInline
        var cString: UnsafePointer<CChar> {
            UnsafeRawPointer(mode.utf8Start).assumingMemoryBound(to: CChar.self)
        }
    }

    /// Compiles a chunk and pushes it as a function, or pushes the error message.
    ///
    /// - Parameters:
    ///   - chunk: Source text or bytecode.
    ///   - name: `=text` is shown as it is, `@path` as a file name, anything else as source text.
    ///   - kind: Which of the two it may be.
    public func load(_ chunk: UnsafeRawBufferPointer, name: String, accepting kind: ChunkKind = .text)
        -> LuaStatus
    {
        LuaStatus(code: cluabridge_load(pointer, chunk.baseAddress, chunk.count, name, kind.cString))
    }

    /// Compiles source text and pushes it as a function, or pushes the error message.
    public func load(_ source: String, name: String) -> LuaStatus {
        var source = source
        return source.withUTF8 { load(UnsafeRawBufferPointer($0), name: name) }
    }

    /// Compiles a file, or standard input if `path` is nil, and pushes it as a function, or pushes the error
    /// message.
    public func loadFile(_ path: String?, accepting kind: ChunkKind = .any) -> LuaStatus {
        LuaStatus(code: cluabridge_load_file(pointer, path, kind.cString))
    }
}
