/// A function that Lua can call: a C function pointer that takes a `lua_State *` and returns the number of
/// its results.
///
/// Write it as ``Lua/run(_:_:)`` around a Swift function. It must not be isolated to an actor, nor be a
/// closure written in `main.swift`: both pay for an isolation check at every call.
public typealias LuaBody = @convention(c) @Sendable (OpaquePointer?) -> Int32

/// What a body of some nanoseconds does most of the time, without all that its other cases need. Returns the number of results,
/// or -1, with nothing changed, to leave everything to the body.
///
/// It must not allocate memory of Lua, nor run Lua code, nor fail, so it is not written with ``Lua/run(_:_:)``. It may look at
/// arguments and push numbers, booleans and nil.
public typealias LuaQuickBody = @convention(c) @Sendable (OpaquePointer?) -> Int32

extension Lua {
    /// Runs a throwing Swift function as the body of a Lua function.
    ///
    ///     LuaFunction("put") { Lua.run($0, put) }
    ///
    ///     func put(_ lua: Lua) throws(LuaFault) -> Int32 { … }
    ///
    /// The function finds its arguments on the stack, pushes its results and returns their number.
    @inlinable @inline(__always)
    public static func run(_ state: OpaquePointer?, _ function: (Lua) throws(LuaFault) -> Int32) -> Int32 {
        let lua = Lua(state.unsafelyUnwrapped)
        do throws(LuaFault) {
            return try function(lua)
        } catch {
            return lua.report(error)
        }
    }
}

/// A named body: an entry of a method table.
public struct LuaFunction: Sendable {
    /// The name under which Lua finds it.
    public let name: StaticString
    /// What it runs.
    public let body: LuaBody
    /// What is tried before.
    let quick: LuaQuickBody?

    /// Names a body.
    ///
    /// - Parameters:
    ///   - name: The name under which Lua finds it.
    ///   - quick: For functions of some nanoseconds: what is tried before.
    ///   - body: What it runs.
    public init(_ name: StaticString, quick: LuaQuickBody? = nil, _ body: @escaping LuaBody) {
        self.name = name
        self.quick = quick
        self.body = body
    }
}

extension Lua {
    /// Sets the functions as fields of the table at `index`.
    public func setFunctions(_ functions: [LuaFunction], at index: Int32) {
        let table = absolute(index)
        for function in functions {
            push(function)
            rawSet(function.name, at: table)
        }
    }

    private func push(_ function: LuaFunction) {
        guard let quick = function.quick else { return push(function.body) }
        cluabridge_push_quick_function(pointer, quick, function.body)
    }

    /// Makes `require(name)` run `opener`, whose first result is the module.
    public func preload(_ name: StaticString, _ opener: @escaping LuaBody) throws(LuaFault) {
        guard rawGet("_PRELOAD", at: Lua.registry) == .table else {
            pop()
            throw .messageWithoutPosition("the standard libraries are not open")
        }
        push(opener)
        rawSet(name, at: -2)
        pop()
    }
}
