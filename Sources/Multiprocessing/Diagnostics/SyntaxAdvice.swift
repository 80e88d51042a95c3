/// What a beginner is told beside an error that kept a file from being loaded.
enum SyntaxAdvice {
    /// The advice, nil if there is none. On a syntax error it goes by the line that it is in.
    static func on(_ message: String, file path: UnsafePointer<CChar>) -> String? {
        let name = String(cString: path)
        if name.hasSuffix(".py") { return "it is a Python program: mprun runs Lua" }
        guard let number = lineNumber(in: message) else { return nil }
        let line = line(number, of: path) ?? ""
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "(" || $0 == ":" }
        if let first = words.first, let advice = byFirstWord[String(first)] { return advice }
        if let advice = byEnding(message, line) { return advice }
        return byText.first { line.has($0.0) }?.1
    }

    private static func byEnding(_ message: String, _ line: Substring) -> String? {
        if message.has("')' expected near '='") {
            return "Lua has no keyword arguments: write them in braces, as mp.Process{target = f}"
        }
        if message.has("function arguments expected near") {
            return "a colon calls a method, with (): p:join(); as a value write function() … end"
        }
        if message.hasSuffix("near ','"), line.hasPrefix("print") {
            return "several values need (): print(a, b)"
        }
        if message.has("expected near ':'"), line.hasSuffix(":") {
            return "Lua writes if … then … end, for … do … end, while … do … end"
        }
        if message.has("near '+'") || message.has("near '-'"), line.has("+=") || line.has("-=") {
            return "Lua has no += and -=: write x = x + 1"
        }
        return nil
    }

    private static let byFirstWord = [
        "import": #"write local mp = require "multiprocessing""#,
        "from": #"write local mp = require "multiprocessing""#,
        "def": "Lua writes local function f(x) … end",
        "class": #"Lua writes local Piao = mp.Process:subclass("Piao")"#,
        "with": "Lua writes do local guard <close> = lock:hold() … end, or lock:with(f)",
        "try": "Lua catches errors with pcall(f, …)", "except": "Lua catches errors with pcall(f, …)",
        "raise": "Lua raises errors with error(message)", "elif": "Lua writes elseif … then",
        "pass": "an empty block needs nothing", "continue": "Lua has no continue: use if, or goto",
        "else:": "Lua writes else, without a colon",
    ]

    private static let byText: [(String, String)] = [
        ("!=", "not equal is ~= in Lua"), ("args = (", "arguments go into braces: args = {1, 2}"),
        ("args=(", "arguments go into braces: args = {1, 2}"), ("elif ", "Lua writes elseif … then"),
        ("lambda", "Lua writes function(x) return … end"), ("[]", "an empty list is {} in Lua"),
        ("= [", "a list is written in braces in Lua: {1, 2}"),
        ("([", "a list is written in braces in Lua: {1, 2}"),
        ("&&", "Lua writes and, or, not"), ("||", "Lua writes and, or, not"), ("++", "write x = x + 1"),
    ]

    /// In `script.lua:12: …`.
    private static func lineNumber(in message: String) -> Int? {
        for part in message.split(separator: ":").dropFirst() {
            if let number = Int(part) { return number }
        }
        return nil
    }

    /// That line of the file, without a comment.
    private static func line(_ number: Int, of path: UnsafePointer<CChar>) -> Substring? {
        guard let line = SourceLines(of: path).dropFirst(number - 1).first(where: { _ in true }) else {
            return nil
        }
        guard let comment = line.firstRange(of: "--") else { return line }
        return line[..<comment.lowerBound].trimmed
    }
}
