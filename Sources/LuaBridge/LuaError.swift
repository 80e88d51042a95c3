/// A Lua error as a Swift error: what ended a script, or a function that was called.
public struct LuaError: Error, CustomStringConvertible, Sendable {
    /// What kind of failure it was: an error that was raised, a chunk that does not compile, a file that cannot be read.
    public let status: LuaStatus
    /// What went wrong, with the position that Lua gives: `script.lua:7: attempt to call a nil value (global 'f')`.
    public let message: String
    /// The field `kind` of an error object, as `Empty` of a queue's; nil for any other error.
    public let kind: String?
    /// Where it was raised, from `stack traceback:` on; for an error object that carries one, of another process perhaps,
    /// its own. Nil if nothing ran.
    public let traceback: String?

    /// Message and traceback, as the `lua` program reports an error.
    public var description: String { traceback.map { "\(message)\n\($0)" } ?? message }

    /// Describes a failure that no Lua value stands for.
    public init(_ message: String, status: LuaStatus = .runtimeError) {
        self.init(status, message, kind: nil, traceback: nil)
    }

    private init(_ status: LuaStatus, _ message: String, kind: String?, traceback: String?) {
        self.status = status
        self.message = message
        self.kind = kind
        self.traceback = traceback
    }
}

extension LuaError {
    /// Reads the error value at `index`, which a protected operation left there.
    ///
    /// Strings are messages. A table is an error object if its field `kind` is a string; its text is what `__tostring`
    /// gives, or else its field `message`.
    ///
    /// - Parameters:
    ///   - lua: The thread.
    ///   - index: Where on its stack.
    ///   - status: How the operation ended.
    ///   - traceback: Where it was raised, unless the error object says so itself.
    public init(_ lua: Lua, at index: Int32, status: LuaStatus = .runtimeError, traceback: String? = nil) {
        let isTable = lua.type(at: index) == .table
        let message =
            isTable && !lua.hasMetafield("__tostring", at: index) ? lua.text("message", of: index) : nil
        self.init(
            status, message ?? lua.errorText(at: index),
            kind: isTable ? lua.text("kind", of: index) : nil,
            traceback: (isTable ? lua.text("traceback", of: index) : nil) ?? traceback)
    }

    /// What a failed operation of ``Lua`` threw, outside any body.
    ///
    /// - Parameters:
    ///   - lua: The thread that it was an operation of.
    ///   - fault: For ``LuaFault/value``, the value is on top of the stack.
    public init(_ lua: Lua, _ fault: LuaFault) {
        switch fault {
        case .argument(let position, let text): self.init("bad argument #\(position) (\(text))")
        case .message(let text), .messageWithoutPosition(let text): self.init(text)
        case .value: self.init(lua, at: -1)
        }
    }
}

extension Lua {
    /// The string in a field of the table at `index`, if there is one.
    fileprivate func text(_ name: StaticString, of index: Int32) -> String? {
        rawGet(name, at: index)
        defer { pop() }
        return string(at: -1)
    }
}
