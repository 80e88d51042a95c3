import CCommand
import CInterProcess
import LuaBridge
import Multiprocessing

/// The interactive session: reads a statement or an expression, runs it, prints its values, again and again, as `lua` does.
struct Session {
    private let lua: Lua
    private let lines: any LineSource
    /// Everything above is the statement's.
    private let bottom: Int32

    init(_ lua: Lua, ignoringEnvironment: Bool) {
        self.lua = lua
        bottom = lua.top
        let history = History(ignoringEnvironment: ignoringEnvironment)
        lines =
            EditedLines(lua, history: history, ignoringEnvironment: ignoringEnvironment)
            ?? PlainLines(lua: lua)
    }

    /// Runs until the input ends.
    ///
    /// - Throws: The error of a prompt that cannot be shown as text.
    func run() throws(LuaFault) {
        while let statement = try readStatement() {
            if statement == .ok { execute() } else { report() }
            lua.top = bottom
            // SIGTERM ends the session, Ctrl-C what it runs.
            if ip_was_terminated() { return }
            if Interruption.wasRaised { Interruption.forget() }
        }
        command_show("\n", 1)
    }

    // MARK: Reading

    /// Pushes the function that was typed, or the message why it is none; nil at the end of the input.
    private func readStatement() throws(LuaFault) -> LuaStatus? {
        while true {
            lua.top = bottom
            switch try read("_PROMPT", otherwise: "> ") {
            case .end: return nil
            case .cancelled: continue
            case .text(let line):
                if let status = try compile(line) { return status }
            }
        }
    }

    /// Compiles what a statement begins with, and reads more of it as long as it is not complete. nil if it is given up.
    private func compile(_ line: [UInt8]) throws(LuaFault) -> LuaStatus? {
        var text = line
        switch line.first {
        // `=x` is how Lua 5.2 asked for a value.
        case UInt8(ascii: "="): text.replaceSubrange(..<1, with: "return ".utf8)
        // A cursor key where there is no line editor, and not bytecode.
        case LUA_SIGNATURE.utf8.first: text.insert(UInt8(ascii: " "), at: 0)
        default: break
        }
        lines.remember(line)
        if load(Array("return ".utf8) + text + [UInt8(ascii: ";")]) == .ok { return .ok }
        lua.pop()
        while true {
            let status = load(text)
            guard status == .syntaxError, isIncomplete else { return status }
            switch try read("_PROMPT2", otherwise: ">> ") {
            case .cancelled: return nil
            case .end: return status
            case .text(let line):
                lua.pop()
                lines.remember(line)
                text += [UInt8(ascii: "\n")] + line
            }
        }
    }

    private func load(_ text: [UInt8]) -> LuaStatus {
        text.withUnsafeBytes { lua.load($0, name: "=stdin") }
    }

    /// Whether the message on top of the stack says that the text ends too early.
    private var isIncomplete: Bool { lua.bytes(at: -1)?.suffix(5).elementsEqual("<eof>".utf8) ?? false }

    private func read(_ prompt: StaticString, otherwise standard: StaticString) throws(LuaFault) -> InputLine
    {
        try lua.getGlobal(prompt)
        if lua.type(at: -1) == .nil {
            lua.pop()
            lua.push(standard)
        }
        // Its error is left where it is, on top.
        let text = try lua.displayString(at: -1)
        lua.pop()
        return lines.readLine(prompt: Array(text.utf8))
    }

    // MARK: Running

    /// Runs the function on top of the stack and prints its values.
    private func execute() {
        guard
            lua.protectedCall(arguments: 0, results: Lua.allResults, onError: .appendTraceback) == .ok
        else { return report() }
        let count = lua.top - bottom
        guard count > 0 else { return }
        do throws(LuaFault) {
            try lua.ensureStack(20)
            try lua.getGlobal("print")
            lua.insert(at: bottom + 1)
            try lua.call(arguments: count, results: 0)
        } catch {
            StandardError.write("error calling 'print' (\(lua.errorText(at: -1)))\n")
        }
    }

    /// Shows the error value on top of the stack.
    private func report() { StandardError.write("\(LuaError(lua, at: -1))\n") }
}
