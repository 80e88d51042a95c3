import InterProcess
import LuaBridge

@testable import Multiprocessing

/// What libFuzzer calls with each input.
///
/// Any bytes are a value or an error object. A value can be sent again, and then arrives.
func fuzzDecoder(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let lua = Receiver.shared.lua
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if decode(lua, bytes) {
        let message = encode(lua)
        lua.pop()
        message.withUnsafeBytes { precondition(decode(lua, $0), "a value that arrived once arrives again") }
    }
    lua.pop()
    precondition(lua.top == 0, "nothing else is left on the stack")
    if Receiver.shared.runtime.bytesInUse > 64 << 20 { lua.collectGarbage() }
    return 0
}

/// Pushes the value of the message, or the error.
private func decode(_ lua: Lua, _ bytes: UnsafeRawBufferPointer) -> Bool {
    do throws(LuaFault) {
        try Decoder.decode(lua, bytes)
        return true
    } catch {
        precondition(ErrorObject.isErrorObject(lua, at: -1), "errors are error objects")
        return false
    }
}

/// The message for the value on top of the stack.
private func encode(_ lua: Lua) -> [UInt8] {
    let encoder = Encoder.take()
    defer { encoder.giveBack() }
    do throws(LuaFault) {
        try encoder.encode(lua, at: -1)
    } catch {
        fatalError("a value that arrived can be sent: \(lua.errorText(at: -1))")
    }
    return encoder.withMessage { Array($0.pieces.joined()) }
}

/// The state that receives: one for all inputs.
private struct Receiver {
    nonisolated(unsafe) static let shared = Receiver()
    let runtime: LuaRuntime
    var lua: Lua { runtime.lua }

    init() {
        do {
            try Family.begin()
            runtime = try LuaRuntime(programName: "fuzz")
            try runtime.openLibraries()
            // Names of the input's making are not looked for among files.
            let setUp =
                "package.searchers = {function(name) return function() return {name = name} end end}; Account = {}"
            guard runtime.lua.load(setUp, name: "=fuzz") == .ok else { fatalError("the chunk compiles") }
            try runtime.lua.call(arguments: 0, results: 0)
            try runtime.lua.getGlobal("Account")
            try ClassRegistry.register(runtime.lua, "Account", metatableAt: -1)
            runtime.lua.pop()
        } catch {
            fatalError("\(error)")
        }
    }
}
