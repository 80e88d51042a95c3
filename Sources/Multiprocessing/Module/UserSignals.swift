import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// `mp.on_signal(name, f)`: signals that the script handles.
///
/// A signal handler only notes that the signal has come. `f` runs at the next safe point of the process: before the next
/// instruction of Lua code, or at once where the process waits for something, which then goes on. An error of f is raised
/// there.
enum UserSignals {
    private static let handlers = Registry.Key.signalHandlers
    private static let failure = Registry.Key.signalError

    /// How many functions of the script have been called: whether one was, in between.
    nonisolated(unsafe) private(set) static var calls: Int64 = 0

    /// A bit for each signal that the script handles.
    nonisolated(unsafe) private static var handled: UInt64 = 0

    // What the signal handler needs.
    nonisolated(unsafe) private static var target: UnsafeMutablePointer<cluabridge_State>?

    static let functions = [LuaFunction("on_signal") { Lua.run($0, onSignal) }]

    /// `on_signal(signal, f)`: returns the function that handled it before. Without a function: the default again.
    private static func onSignal(_ lua: Lua) throws(LuaFault) -> Int32 {
        let number = try signal(lua, at: 1)
        let isHandled = !lua.isNoneOrNil(at: 2)
        if isHandled { try lua.checkCallable(at: 2) }
        try lua.checkNothing(after: 2, "on_signal takes a signal and a function")
        lua.top = 2
        Registry.pushTable(handlers, to: lua)
        lua.rawGet(Int64(number), at: 3)
        lua.pushValue(at: 2)
        lua.rawSet(Int64(number), at: 3)
        let bit: UInt64 = 1 << UInt64(number)
        handled = isHandled ? handled | bit : handled & ~bit
        Attention.handlesSignals = handled != 0
        if isHandled {
            target = lua.record
            ip_catch_signal(number) { if let target = UserSignals.target { cluabridge_interrupt(target) } }
        } else {
            Interruption.restore(number)
        }
        return 1
    }

    /// The state is about to be closed: what the script handled takes its default action again.
    static func remove() {
        while handled != 0 {
            ip_default_signal(Int32(handled.trailingZeroBitCount))
            handled &= handled - 1
        }
        Attention.handlesSignals = false
        target = nil
    }

    private static func signal(_ lua: Lua, at position: Int32) throws(LuaFault) -> Int32 {
        let number: Int32?
        if let integer = lua.integer(at: position) {
            number = Int32(exactly: integer)
        } else {
            number = SignalName.number(of: try lua.checkString(at: position).uppercased())
        }
        guard let number, number > 0 else {
            let text = try lua.displayString(at: position)
            throw ErrorObject.make(lua, .valueError, "unknown signal '\(text)'")
        }
        guard ip_can_catch(number) else {
            throw ErrorObject.make(lua, .valueError, "\(SignalName.of(number)) cannot be handled")
        }
        return number
    }

    /// Runs the handlers of the signals that have come.
    ///
    /// - Parameter inWait: an error is kept, to be raised when the wait has ended; else it is left on the stack.
    /// - Returns: false if there was an error.
    static func deliver(_ lua: Lua, inWait: Bool) -> Bool {
        var arrived = ip_take_signals()
        while arrived != 0 {
            let number = Int32(arrived.trailingZeroBitCount)
            arrived &= arrived - 1
            guard !run(lua, number) else { continue }
            // The others have their turn next.
            ip_put_signals_back(arrived)
            if inWait { Registry.set(failure, in: lua) }
            return false
        }
        return true
    }

    /// Calls the handler of one signal. Returns false with its error on the stack.
    private static func run(_ lua: Lua, _ number: Int32) -> Bool {
        do throws(LuaFault) {
            try lua.ensureStack(10)
        } catch {
            lua.push("stack overflow")
            return false
        }
        Registry.pushTable(handlers, to: lua)
        let isHandled = lua.rawGet(Int64(number), at: -1) != .nil
        lua.remove(at: -2)
        guard isHandled else {
            lua.pop()
            return true
        }
        calls += 1
        lua.push(SignalName.of(number))
        return lua.protectedCall(arguments: 1, results: 0) == .ok
    }

    /// Where nobody is left to catch it: reports the error of a handler that ended a wait. False if it was not that.
    static func reportFailure(_ lua: Lua) -> Bool {
        guard !Attention.isInterrupted, takeFailure(lua) else { return false }
        StandardError.write("on_signal: \(LuaError(lua, at: -1))\n")
        lua.pop()
        return true
    }

    /// Pushes the error that ended a wait, if one did.
    static func takeFailure(_ lua: Lua) -> Bool {
        if Registry.push(failure, to: lua) == .nil {
            lua.pop()
            return false
        }
        lua.pushNil()
        Registry.set(failure, in: lua)
        return true
    }
}
