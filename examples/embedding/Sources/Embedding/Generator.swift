import LuaBridge

/// Pseudo-random numbers that a seed determines: SplitMix64.
struct Generator: BitwiseCopyable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A number from 0 up to but not including 1.
    mutating func nextFraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}

// MARK: - What Lua sees

extension Generator {
    static let luaClass: LuaClass<Generator> = LuaClass(
        "Generator",
        methods: [
            LuaFunction("fraction") { Lua.run($0, fraction) },
            LuaFunction("integer") { Lua.run($0, integer) },
        ])

    /// `Generator(seed)`
    static let constructor = LuaFunction("Generator") { Lua.run($0, construct) }

    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let seed = try lua.checkInteger(at: 1)
        luaClass.push(Generator(state: UInt64(bitPattern: seed)), to: lua)
        return 1
    }

    /// `generator:fraction()`
    private static func fraction(_ lua: Lua) throws(LuaFault) -> Int32 {
        let generator = try luaClass.check(lua, at: 1)
        lua.push(generator.pointee.nextFraction())
        return 1
    }

    /// `generator:integer(first, last)`
    private static func integer(_ lua: Lua) throws(LuaFault) -> Int32 {
        let generator = try luaClass.check(lua, at: 1)
        let first = try lua.checkInteger(at: 2)
        let last = try lua.checkInteger(at: 3)
        guard first <= last else { throw .argument(3, "interval is empty") }
        let width = UInt64(bitPattern: last &- first) &+ 1
        let offset = width == 0 ? generator.pointee.next() : generator.pointee.next() % width
        lua.push(first &+ Int64(bitPattern: offset))
        return 1
    }
}
