/// A function written in Lua that belongs to a program in Swift.
///
/// Where a function calls back into the user's code it is best written in Lua: errors pass it with their traceback, and
/// `<close>` variables clean up after it.
public struct LuaScript: Sendable {
    /// What scripts call the function.
    public let name: StaticString
    /// Lua code that returns the function. `...` are the functions of ``uses``.
    public let source: StaticString
    /// What the code calls in turn.
    public let uses: [LuaBody]

    /// Describes a function.
    public init(_ name: StaticString, _ source: StaticString, using uses: [LuaBody] = []) {
        self.name = name
        self.source = source
        self.uses = uses
    }
}

extension Lua {
    /// Compiles a function and pushes it.
    ///
    /// - Parameters:
    ///   - script: The function.
    ///   - chunk: What tracebacks call its code: `=[class.method]`. Its lines are never given as positions of errors:
    ///     that is where it was called.
    /// - Throws: ``LuaFault/value`` if memory runs out.
    public func push(_ script: LuaScript, chunk: String) throws(LuaFault) {
        let text = UnsafeRawBufferPointer(
            start: script.source.utf8Start, count: script.source.utf8CodeUnitCount)
        try load(text, name: chunk).check()
        for body in script.uses { push(body) }
        try call(arguments: Int32(script.uses.count), results: 1)
    }
}
