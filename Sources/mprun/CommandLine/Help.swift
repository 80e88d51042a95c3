import LuaBridge

/// What the command says about itself.
enum Help {
    /// The version of mprun.
    static let number: StaticString = "0.1.0"

    static var version: String {
        let lua = "Lua \(LUA_VERSION_MAJOR).\(LUA_VERSION_MINOR).\(LUA_VERSION_RELEASE)"
        return "\(Command.name) \(number), \(lua)  Copyright (C) 1994-2022 Lua.org, PUC-Rio"
    }

    /// One line, for the end of error messages.
    static var usage: String { "usage: \(Command.name) [options] [script [args]]" }

    /// What `--help` prints: no more than a terminal of 24 lines and 80 columns shows.
    static var text: String {
        let ends = [
            line("--", "stop handling options"),
            line("-", "stop handling options and execute stdin"),
        ]
        let options = CommandOption.all.map { option in
            line(option.argument.map { "\(option.name) \($0)" } ?? option.name.description, option.summary)
        }
        return """
            \(usage)
            Runs a Lua script that has Python's multiprocessing: require "multiprocessing".
            Without a script: a session on a terminal, otherwise standard input runs.

            \((options + ends).joined(separator: "\n"))

            Environment: LUA_INIT, LUA_PATH, LUA_CPATH as for lua; MPRUN_SHARED_MEMORY=512M
            Exit status: the script's; 1 error, 3 deadlock, 130 Ctrl-C. More: man mprun
            """
    }

    /// An option and what it does, in columns.
    private static func line(_ option: String, _ summary: StaticString) -> String {
        let column = 19
        return "  \(option)\(String(repeating: " ", count: max(1, column - option.utf8.count)))\(summary)"
    }
}
