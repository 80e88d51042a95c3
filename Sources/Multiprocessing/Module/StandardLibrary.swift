import Glibc
import InterProcess
import LuaBridge

/// What changes in Lua's own libraries: `os.exit` ends a process as it should end, `math.randomseed` is remembered, so that
/// children can have seeds of their own, and other programs see no zombies of children that were joined.
enum StandardLibrary {
    private static let originalSeed = Registry.Key.randomSeed
    nonisolated(unsafe) private static var seed: Int64?

    static func install(in lua: Lua) throws(LuaFault) {
        try lua.getGlobal("os")
        if lua.type(at: -1) == .table {
            lua.push { Lua.run($0, StandardLibrary.exit) }
            lua.rawSet("exit", at: -2)
            reapBefore("execute", of: -1, in: lua)
        }
        lua.pop()
        try lua.getGlobal("io")
        if lua.type(at: -1) == .table { reapBefore("popen", of: -1, in: lua) }
        lua.pop()
        try lua.getGlobal("math")
        if lua.type(at: -1) == .table {
            lua.push { Lua.run($0, StandardLibrary.noteSeed) }
            lua.rawGet("randomseed", at: -2)
            lua.pushValue(at: -1)
            Registry.set(originalSeed, in: lua)
            try Prelude.push(Prelude.randomSeed, arguments: 2, to: lua)
            lua.rawSet("randomseed", at: -2)
        }
        lua.pop()
    }

    private static func reapBefore(_ name: StaticString, of index: Int32, in lua: Lua) {
        let table = lua.absolute(index)
        lua.rawGet(name, at: table)
        lua.precede { DepartedChildren.reapAll() }
        lua.rawSet(name, at: table)
    }

    /// `os.exit([code[, close]])`: atexit handlers, daemons, children; then the process ends.
    private static func exit(_ lua: Lua) throws(LuaFault) -> Int32 {
        let code: Int32
        if let boolean = lua.boolean(at: 1) {
            code = boolean ? 0 : 1
        } else {
            code = Int32(truncatingIfNeeded: try exitCode(lua) ?? 0) & 255
        }
        let closes = lua.isTruthy(at: 2)
        EndOfProcess.run(lua)
        if Interruption.wasRaised { Interruption.endProcess() }
        // A child has no business with the finalizers of its parent's objects.
        if CurrentProcess.isChild {
            Logging.info(lua, "process exiting with exitcode \(code)")
            ChildProcess.exit(code)
        }
        if closes { cluabridge_close(lua.record) }
        Glibc.exit(code == 0 ? DeadlockPolicy.statusAtEnd ?? 0 : code)
    }

    /// As `lua`: a number, or a string that is one.
    private static func exitCode(_ lua: Lua) throws(LuaFault) -> Int64? {
        var isInteger: Int32 = 0
        let code = lua_tointegerx(lua.pointer, 1, &isInteger)
        return isInteger != 0 ? code : try lua.optionalInteger(at: 1)
    }

    private static func noteSeed(_ lua: Lua) throws(LuaFault) -> Int32 {
        if let integer = lua.integer(at: 1) {
            seed = integer
        } else {
            seed = lua.number(at: 1).map { Int64(bitPattern: $0.bitPattern) }
        }
        return 0
    }

    /// In a forked child: numbers of its own; reproducible if the main script chose a seed.
    static func seedChild(_ lua: Lua) {
        var generator = SystemRandomNumberGenerator()
        var state = generator.next()
        if let seed {
            state = UInt64(bitPattern: seed)
            for number in CurrentProcess.identity { state = mix(state &+ UInt64(number)) }
        }
        guard Registry.push(originalSeed, to: lua) == .function else { return lua.pop() }
        lua.push(Int64(bitPattern: mix(state)))
        lua.push(Int64(bitPattern: mix(state &+ 1)))
        // It returns the seeds; it has no reason to fail.
        if lua.protectedCall(arguments: 2, results: 0) != .ok { lua.pop() }
    }

    /// The output function of SplitMix64.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
