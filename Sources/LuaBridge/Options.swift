import CLuaBridge
import Glibc

/// A table of options: `Process{target = f, name = "worker"}`.
///
/// Its keys are checked against the known ones at once, so that a misspelt option is an error and never
/// ignored. Fields are read raw.
public struct Options: NamedValues {
    /// The thread on whose stack the table is.
    public let lua: Lua
    private let table: Int32?
    private let owner: StaticString

    /// Takes the argument at `position` for options; none and nil stand for an empty table.
    ///
    /// - Parameters:
    ///   - lua: The thread whose running function has the argument.
    ///   - position: Where the argument is.
    ///   - owner: The function or class they belong to, for error messages.
    ///   - known: The names of all options.
    public init(
        _ lua: Lua, at position: Int32, of owner: StaticString, known: [StaticString]
    ) throws(LuaFault) {
        self.lua = lua
        self.owner = owner
        self.table = try lua.optional(.table, at: position) ? lua.absolute(position) : nil
        try checkKeys(known)
    }

    /// Pushes the option of that name, nil if it is absent.
    public func push(_ name: StaticString) -> LuaType {
        if let table { return lua.rawGet(name, at: table) }
        lua.pushNil()
        return .nil
    }

    /// `Process: option 'daemon' must be a boolean, got number; note`, with the caller's position in front.
    public func mismatch(_ name: StaticString, expected: String, actual: String, note: String?) -> LuaFault {
        let article = "aeiou".contains(expected.first ?? " ") ? "an" : "a"
        let note = note.map { "; \($0)" } ?? ""
        return .message("\(owner): option '\(name)' must be \(article) \(expected), got \(actual)\(note)")
    }

    private func checkKeys(_ known: [StaticString]) throws(LuaFault) {
        guard let table else { return }
        lua.pushNil()
        while try lua.next(at: table) {
            lua.pop()
            if !known.contains(where: { lua.isString($0, at: -1) }) { throw unknownKey(known) }
        }
    }

    /// The error for the key on top of the stack.
    private func unknownKey(_ known: [StaticString]) -> LuaFault {
        if let table, cluabridge_is_module(lua.pointer, table) {
            return .colonAtModule(owner.description)
        }
        let list = known.map(\.description).joined(separator: ", ")
        guard let key = lua.string(at: -1) else {
            let found = "found a value with a \(lua.typeName(at: -1)) as its key"
            return .message("\(owner): options are written name = value, \(found) (known: \(list))")
        }
        let hint =
            Suggestion.nearest(to: key, among: known).map { "did you mean '\($0)'?" } ?? "known: \(list)"
        return .message("\(owner): unknown option '\(key)' (\(hint))")
    }
}

extension Lua {
    /// Whether the value at `index` is a string with the same bytes as `text`.
    public func isString(_ text: StaticString, at index: Int32) -> Bool {
        guard let bytes = bytes(at: index) else { return false }
        return bytes.count == text.utf8CodeUnitCount
            && memcmp(bytes.baseAddress!, text.utf8Start, bytes.count) == 0
    }
}
