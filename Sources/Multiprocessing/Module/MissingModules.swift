import LuaBridge

/// What was probably meant by a module that nobody finds: the last line of the message of `require`.
enum MissingModules {
    /// A searcher that finds nothing. To be installed last.
    static func install(in lua: Lua) throws(LuaFault) {
        try Searchers.append({ Lua.run($0, MissingModules.advise) }, to: lua)
    }

    private static func advise(_ lua: Lua) -> Int32 {
        guard let name = lua.string(at: 1) else { return 0 }
        let first = name.split(separator: ".").first.map(String.init) ?? ""
        if let text = advice[name] {
            lua.push(text)
        } else if first == "multiprocessing" {
            lua.push(#"all of it is in one module: local mp = require "multiprocessing""#)
        } else if let meant = Suggestion.nearest(to: name, among: ["multiprocessing", "time"]), name.count > 3
        {
            lua.push("did you mean require \"\(meant)\"?")
        } else {
            return 0
        }
        return 1
    }

    private static let module = #"did you mean local mp = require "multiprocessing"?"#
    private static let advice = [
        "mp": module, "threading": module, "queue": module, "concurrent.futures": module, "process": module,
        "signal": #"signals are in multiprocessing: mp.on_signal("TERM", f)"#,
        "logging": #"logging is in multiprocessing: mp.log_to_stderr("info")"#,
        "sys": "Lua has arg and os.exit without require", "random": "Lua has math.random without require",
        "os": "Lua has os without require",
    ]
}
