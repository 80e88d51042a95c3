import Glibc

/// The parameters of a function that takes keywords: positional ones in order, then optionally one table of
/// options.
///
///     q:get(true, 0.5)    q:get{timeout = 0.5}    q:get(true, {timeout = 0.5})
///
///     let parameters = try Parameters(lua, of: "get", from: 2, ["block", "timeout"])
///     let block = try parameters.boolean("block") ?? true
///     let timeout = try parameters.timeout() ?? .forever
///
/// Required parameters, and those that accept any value, come before and are read by position.
public struct Parameters: NamedValues {
    /// The thread on whose stack the arguments are.
    public let lua: Lua
    private let function: StaticString
    private let first: Int32
    private let names: [StaticString]
    /// How many of `names` were given by position.
    private let positional: Int32
    private let options: Options?

    /// Sorts out the arguments from `first` on.
    ///
    /// The last argument is taken for options if it is a table, unless it stands where a table is expected.
    ///
    /// - Parameters:
    ///   - lua: The thread whose running function has the arguments.
    ///   - function: The function's name, for error messages.
    ///   - first: The position of the first parameter.
    ///   - names: The parameters in order.
    ///   - tables: Those of them that take a table themselves.
    ///   - optionsOnly: Further options, without a position.
    /// - Throws: A ``LuaFault`` for surplus arguments, unknown options, and parameters given both ways.
    public init(
        _ lua: Lua, of function: StaticString, from first: Int32, _ names: [StaticString],
        tables: [StaticString] = [], optionsOnly: [StaticString] = []
    ) throws(LuaFault) {
        self.lua = lua
        self.function = function
        self.first = first
        self.names = names

        let last = lua.top
        let count = max(0, last - first + 1)
        let endsInOptions =
            count > 0 && lua.type(at: last) == .table && !Parameters.takesTable(count, names, tables)
        positional = endsInOptions ? count - 1 : count
        options = endsInOptions ? try Options(lua, at: last, of: function, known: names + optionsOnly) : nil
        if positional > names.count {
            throw .argument(first + Int32(names.count), Parameters.surplus(names))
        }
        if endsInOptions { try checkGivenOnce() }
    }

    /// Pushes the parameter of that name, given by position or as an option; nil if it is neither.
    public func push(_ name: StaticString) -> LuaType {
        if let position = position(of: name) {
            lua.pushValue(at: position)
            return lua.type(at: -1)
        }
        if let options { return options.push(name) }
        lua.pushNil()
        return .nil
    }

    /// The error as an argument error for a parameter given by position, and as that of ``Options`` for an option.
    public func mismatch(_ name: StaticString, expected: String, actual: String, note: String?) -> LuaFault {
        if let options, position(of: name) == nil {
            return options.mismatch(name, expected: expected, actual: actual, note: note)
        }
        let note = note.map { "; \($0)" } ?? ""
        return .argument(position(of: name) ?? first, "\(expected) expected, got \(actual)\(note)")
    }

    /// Where the parameter stands, if it was given by position. Nil holds the place of one that was not.
    private func position(of name: StaticString) -> Int32? {
        for index in 0..<positional where names[Int(index)].isSame(as: name) {
            let position = first + index
            return lua.type(at: position) == .nil ? nil : position
        }
        return nil
    }

    private func checkGivenOnce() throws(LuaFault) {
        for name in names.prefix(Int(positional)) where position(of: name) != nil {
            let again = options?.push(name) != .nil
            lua.pop()
            if again { throw .message("\(function): '\(name)' is given twice") }
        }
    }

    /// Whether a table in the place of the last of `count` arguments is one that its parameter expects.
    private static func takesTable(_ count: Int32, _ names: [StaticString], _ tables: [StaticString]) -> Bool
    {
        count <= names.count && tables.contains { $0.isSame(as: names[Int(count) - 1]) }
    }

    private static func surplus(_ names: [StaticString]) -> String {
        names.isEmpty
            ? "surplus argument"
            : "surplus argument; the parameters are \(names.map(\.description).joined(separator: ", "))"
    }
}

extension StaticString {
    fileprivate func isSame(as other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && (utf8Start == other.utf8Start || memcmp(utf8Start, other.utf8Start, utf8CodeUnitCount) == 0)
    }
}
