import Glibc
import LuaBridge

/// Completes names at the prompt: globals and words of the language, fields behind a dot, methods behind a colon.
///
/// It only looks: no metamethod is called.
enum Completion {
    /// What ends a word. A dot and a colon do not: they are part of `queue:put`.
    private static let wordBreaks: StaticString = " \t\n\"\\'<>=;+-*/%^~#{}()[],&|!?@$`"
    private static let words = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
        "local",
        "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    private static let mostNames = 200
    private static let mostKeys = 100_000

    // The editor's functions get no context.
    nonisolated(unsafe) private static var lua: Lua?
    nonisolated(unsafe) private static var candidates: [String] = []

    /// Completes from the globals of `lua`.
    static func install(in library: LineEditorLibrary, for lua: Lua) {
        Completion.lua = lua
        for name in ["rl_completer_word_break_characters", "rl_basic_word_break_characters"] {
            library.variable(name, as: UnsafePointer<UInt8>.self)?.pointee = wordBreaks.utf8Start
        }
        library.variable("rl_attempted_completion_function", as: LineEditorLibrary.Completer.self)?.pointee =
            complete
    }

    private static let complete: LineEditorLibrary.Completer = { word, _, _ in
        // The editor would offer the names of files next, and put a space behind a name. It forgets both each time.
        guard let library = LineEditorLibrary.loaded, let word, let lua else { return nil }
        library.variable("rl_attempted_completion_over", as: Int32.self)?.pointee = 1
        library.variable("rl_completion_append_character", as: Int32.self)?.pointee = 0
        candidates = offered(names(beginningWith: String(cString: word), in: lua))
        return library.matches(word) { _, _ in candidates.popLast().flatMap { strdup($0) } }
    }

    /// The editor would show any number of names without asking; of very many, only their common beginning is offered.
    private static func offered(_ names: [String]) -> [String] {
        guard names.count > mostNames, let first = names.first else { return names.sorted(by: >) }
        let common = names.reduce(first[...]) { common, name in
            common.prefix(zip(common, name).prefix { $0 == $1 }.count)
        }
        return [String(common)]
    }

    /// Whole words, as `queue:put`.
    private static func names(beginningWith word: String, in lua: Lua) -> [String] {
        let bottom = lua.top
        defer { lua.top = bottom }
        var path = word.split(omittingEmptySubsequences: false) { $0 == "." || $0 == ":" }
        let beginning = path.removeLast()
        let prefix = word.dropLast(beginning.count)
        guard lua_checkstack(lua.pointer, 20) != 0 else { return [] }
        lua.pushGlobals()
        for name in path where !step(into: name, of: lua) { return [] }

        var names = path.isEmpty ? words : []
        _ = findInMembers(of: lua) {
            names += lua.stringKeys(at: -1, most: mostKeys).filter(isName)
            return false
        }
        return Set(names).filter { $0.hasPrefix(beginning) }.map { prefix + $0 }
    }

    /// Replaces the value on top of the stack by its field.
    private static func step(into name: Substring, of lua: Lua) -> Bool {
        findInMembers(of: lua) {
            lua.push(String(name))
            if lua.rawGet(at: -2) != .nil { return true }
            lua.pop()
            return false
        }
    }

    /// Calls `body` with the tables in which the members of the value on top of the stack are, one after the other on top of
    /// the stack, until it returns true: the value itself, what it inherits from, what that inherits from.
    private static func findInMembers(of lua: Lua, _ body: () -> Bool) -> Bool {
        let generations = 8
        for _ in 0..<generations {
            if lua.type(at: -1) == .table, body() { return true }
            guard pushInherited(of: lua) else { return false }
        }
        return false
    }

    /// Pushes what the value on top of the stack inherits from.
    private static func pushInherited(of lua: Lua) -> Bool {
        guard lua.getMetatable(at: -1) else { return false }
        let index = lua.rawGet("__index", at: -1)
        // The members of a class whose objects have properties stand behind a function.
        if index == .function, lua.isCFunction(at: -1) {
            for number in Int32(1)...2 where lua.getUpvalue(number, at: -1) != nil {
                if lua.type(at: -1) == .table { return true }
                lua.pop()
            }
        }
        return index == .table
    }

    private static func isName(_ key: String) -> Bool {
        guard let first = key.utf8.first, !(48...57).contains(first), !words.contains(key) else {
            return false
        }
        return key.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte & ~0x20)
        }
    }
}
