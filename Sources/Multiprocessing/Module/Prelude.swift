import LuaBridge

/// Functions of the module that are written in Lua, because they stand between the user and the user's own functions:
/// errors pass them with their traceback, which a protected call in Swift would cut off.
///
/// Calls to Swift are tail calls, so that error positions name the caller's line.
enum Prelude {
    /// What a chunk of the prelude is called, in tracebacks.
    static let chunkName = "=[multiprocessing]"

    /// Pushes the function that `source` returns; `source` gets the topmost `arguments` values, which are popped.
    static func push(_ source: String, arguments: Int32, to lua: Lua) throws(LuaFault) {
        try lua.load(source, name: chunkName).check()
        lua.insert(at: -arguments - 1)
        try lua.call(arguments: arguments, results: 1)
    }

    /// `(class, ...)`: a new object, initialised. The base class's `init` returns the object.
    static let construct = """
        local new, initialize = ...
        return function(class, ...)
            local object = new(class)
            if class.init == initialize then return initialize(object, ...) end
            class.init(object, ...)
            return object
        end
        """

    /// `(process)`: calls the target with its arguments.
    static let run = """
        local invocation = ...
        local function call(target, ...)
            if target then return target(...) end
        end
        return function(process)
            return call(invocation(process))
        end
        """

    /// `math.randomseed`, which tells `note` what it was called with.
    static let randomSeed = """
        local note, randomseed = ...
        return function(...)
            note(...)
            return randomseed(...)
        end
        """
}
