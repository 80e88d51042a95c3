import Glibc
import LuaBridge
import Multiprocessing

/// Runs what the command line names, in the order of the `lua` program: LUA_INIT, `-e` and `-l`, the
/// script, the interactive session.
final class ScriptRunner {
    private let options: CommandLineOptions

    init(_ options: CommandLineOptions) {
        self.options = options
    }

    /// Runs everything up to the first error.
    ///
    /// - Returns: What went wrong, nil if nothing did.
    func run(_ lua: Lua) -> LuaError? {
        // In a function, as `lua` does it: scripts see the same levels, tracebacks end in the same line.
        lua.push { Lua.run($0, ScriptRunner.body) }
        lua.push(lightUserdata: Unmanaged.passUnretained(self).toOpaque())
        let status = withExtendedLifetime(self) { lua.protectedCall(arguments: 1, results: 0) }
        defer { lua.top = 0 }
        return status == .ok ? nil : LuaError(lua, at: -1)
    }

    /// The Lua function that `run` calls; its argument is the runner.
    private static func body(_ lua: Lua) throws(LuaFault) -> Int32 {
        let address = lua.userdata(at: 1).unsafelyUnwrapped
        let runner = Unmanaged<ScriptRunner>.fromOpaque(address).takeUnretainedValue()
        lua.pop()
        try runner.runAll(lua)
        return 0
    }

    private func runAll(_ lua: Lua) throws(LuaFault) {
        try ArgumentTable.create(lua, options)
        if !options.ignoresEnvironment { try runInitialisation(lua) }
        for preparation in options.preparations {
            switch preparation {
            case .execute(let text): try runText(lua, text, name: "=(command line)")
            case .require(let library): try requireLibrary(lua, library)
            case .turnWarningsOn: lua_warning(lua.pointer, "@on", 0)
            }
        }
        if options.hasScript {
            try load(lua, file: options.scriptFile)
            if let file = options.scriptFile { try MainGuard.warn(about: file, lua) }
            try call(lua, arguments: try ArgumentTable.pushAll(lua))
        } else if options.runsStandardInput {
            try load(lua, file: nil)
            try call(lua)
        }
        if options.isSession { try beginSession(lua) }
    }

    private func beginSession(_ lua: Lua) throws(LuaFault) {
        if !options.beginsWithVersion { print(Help.version) }
        Interruption.isInSession = true
        defer { Interruption.isInSession = false }
        try Session(lua, ignoringEnvironment: options.ignoresEnvironment).run()
    }

    /// LUA_INIT_5_4, or else LUA_INIT: Lua code, or with an @ in front the name of a file.
    private func runInitialisation(_ lua: Lua) throws(LuaFault) {
        for variable in ["LUA_INIT_5_4", "LUA_INIT"] {
            guard let value = getenv(variable) else { continue }
            guard value[0] == CChar(UInt8(ascii: "@")) else {
                return try runText(lua, value, name: "=\(variable)")
            }
            try load(lua, file: value + 1)
            return try call(lua)
        }
    }

    private func runText(_ lua: Lua, _ text: UnsafePointer<CChar>, name: String) throws(LuaFault) {
        let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
        try lua.load(bytes, name: name, accepting: .any).check()
        try call(lua)
    }

    /// `mod`, or `g=mod`: `g = require "mod"`.
    private func requireLibrary(_ lua: Lua, _ text: UnsafePointer<CChar>) throws(LuaFault) {
        let equals = strchr(text, Int32(UInt8(ascii: "=")))
        let globalLength = equals.map { UnsafePointer($0) - text } ?? strlen(text)
        lua.pushGlobals()
        lua.push(UnsafeRawBufferPointer(start: text, count: globalLength))
        try lua.getGlobal("require")
        lua_pushstring(lua.pointer, equals.map { UnsafePointer($0 + 1) } ?? text)
        try call(lua, arguments: 1, results: 1)
        try lua.set(at: -3)
        lua.pop()
    }

    /// Pushes the compiled file; nil is standard input. File names are bytes, and never pass through a String.
    private func load(_ lua: Lua, file: UnsafePointer<CChar>?) throws(LuaFault) {
        let status = cluabridge_load_file(lua.pointer, file, nil)
        if status == LUA_OK { return }
        // Ctrl-C while standard input was read.
        try lua.deliverInterrupt()
        if status == LuaStatus.fileError.rawValue, let file,
            let advice = MissingScript.advice(on: String(cString: file))
        {
            lua.push("\(lua.errorText(at: -1))\n\t(\(advice))")
        }
        throw .value
    }

    private func call(_ lua: Lua, arguments: Int32 = 0, results: Int32 = 0) throws(LuaFault) {
        try lua.protectedCall(arguments: arguments, results: results, onError: .appendTraceback).check()
    }
}
