import InterProcess
import LuaBridge

/// `mp.Barrier`.
enum BarrierClass {
    static let barrier: LuaClass<SharedReference> = LuaClass(
        "Barrier",
        methods: [
            LuaFunction("reset") { Lua.run($0, reset) },
            LuaFunction("abort") { Lua.run($0, abort) },
        ],
        getters: [
            LuaFunction("parties") {
                Lua.run($0) { lua throws(LuaFault) in try get(lua) { $0.push($1.parties) } }
            },
            LuaFunction("n_waiting") {
                Lua.run($0) { lua throws(LuaFault) in try get(lua) { $0.push($1.waiting) } }
            },
            LuaFunction("broken") {
                Lua.run($0) { lua throws(LuaFault) in try get(lua) { $0.push($1.isBroken) } }
            },
        ],
        metamethods: [LuaFunction("__tostring") { Lua.run($0, toString) }, SharedClasses.equality],
        scripts: [
            LuaScript(
                "wait",
                """
                local new, wait, finish = ...
                return function(barrier, ...)
                    local turn <close> = new(barrier)
                    local rank, action = wait(barrier, turn, ...)
                    if action then
                        action()
                        finish(turn)
                    end
                    return rank
                end
                """,
                using: [{ Lua.run($0, newTurn) }, { Lua.run($0, wait) }, { Lua.run($0, BarrierTurn.finish) }])
        ],
        advice: [:],
        userValues: 1,
        finalizer: SharedReference.finalizer)

    /// The action, in the process that made the barrier and in its children.
    private static let actionValue: Int32 = 1

    static let constructor = LuaFunction("Barrier") { Lua.run($0, construct) }

    /// `Barrier(parties[, action[, timeout]])`
    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(
            lua, of: "Barrier", from: Constructor.firstArgument(lua), ["parties", "action", "timeout"],
            optionsOnly: ["name"])
        guard let parties = try parameters.integer("parties") else {
            throw parameters.mismatch("parties", expected: "number", actual: "no value", note: nil)
        }
        guard parties > 0 else { throw ErrorObject.make(lua, .valueError, "parties must be > 0") }
        let timeout: Double?
        switch try parameters.timeout() {
        case nil, .forever: timeout = nil
        case .immediate: timeout = 0
        case .seconds(let seconds): timeout = seconds
        }
        let hasAction = try parameters.push("action", .function)
        if !hasAction { lua.pushNil() }
        let action = lua.top
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        let canBeSent = hasAction && encode(lua, at: action, encoder)
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            let make = { (message: Message?) throws(SharedMemoryExhausted) in
                try BarrierStorage.create(
                    parties: Int(parties), timeout: timeout, hasAction: hasAction, action: message,
                    name: name,
                    place: place)
            }
            return try canBeSent ? encoder.withMessage(make) : make(nil)
        }
        barrier.push(storage.object, to: lua)
        lua.pushValue(at: action)
        lua.setUserValue(actionValue, at: -2)
        return 1
    }

    /// Encodes the action for processes that get the barrier in a message. False if it refers to something that cannot be
    /// sent: then they cannot be the last to arrive.
    private static func encode(_ lua: Lua, at index: Int32, _ encoder: Encoder) -> Bool {
        do throws(LuaFault) {
            try encoder.encode(lua, at: index, root: "action")
            return true
        } catch {
            if case .value = error { lua.pop() }
            return false
        }
    }

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> BarrierStorage {
        BarrierStorage(try barrier.object(lua, for: operation))
    }

    private static func get(_ lua: Lua, _ push: (Lua, BarrierStorage) -> Void) throws(LuaFault) -> Int32 {
        push(lua, try check(lua, .inspect))
        return 1
    }

    /// `(barrier)`
    private static func newTurn(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try check(lua, .waitBarrier)
        BarrierTurn.push(lua, barrierAt: 1)
        return 1
    }

    /// `(barrier, turn, …)`, for `wait([timeout])`: the number of this arrival, from 0. Where the action is to be done, the
    /// action as well: the turn breaks the barrier unless it is finished.
    private static func wait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .waitBarrier)
        let turn = try BarrierTurn.check(lua, at: 2)
        lua.remove(at: 2)
        let given = try Parameters(lua, of: "wait", from: 2, ["timeout"]).timeout()
        let deadline = given?.deadline ?? .after(seconds: storage.timeout)
        let rank: Int
        let outcome: BarrierStorage.Outcome
        switch storage.arrive() {
        case .waits(let number, let cycle):
            rank = number
            outcome = storage.wait(for: cycle, until: deadline)
        case .completes(let number):
            lua.push(number)
            return 1
        case .acts(let number, let cycle):
            turn.pointee.cycle = cycle
            lua.push(number)
            try pushAction(lua, storage)
            return 2
        case .broken: throw broken(lua, storage)
        case .interrupted: throw lua.interrupted()
        }
        switch outcome {
        case .passed: lua.push(rank)
        case .broken, .timedOut: throw broken(lua, storage)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    private static func pushAction(_ lua: Lua, _ storage: BarrierStorage) throws(LuaFault) {
        if lua.getUserValue(actionValue, at: 1) == .function { return }
        lua.pop()
        guard let message = storage.action else {
            throw ErrorObject.make(
                lua, .serializationError,
                "the action of \(describe(storage)) cannot be sent to a process that got the barrier in a message"
            )
        }
        try Decoder.decode(lua, message)
        lua.pushValue(at: -1)
        lua.setUserValue(actionValue, at: 1)
    }

    private static func reset(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .breakBarrier).reset()
        return 0
    }

    private static func abort(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .breakBarrier).abort()
        return 0
    }

    static func broken(_ lua: Lua, _ storage: BarrierStorage) -> LuaFault {
        ErrorObject.make(lua, .brokenBarrierError, "\(describe(storage)) is broken")
    }

    private static func describe(_ storage: BarrierStorage) -> String {
        SharedClasses.describe("Barrier", storage.object)
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let state = storage.isBroken ? "broken" : "waiters=\(storage.waiting)/\(storage.parties)"
        lua.push("<Barrier \(state)\(SharedClasses.suffix(storage.object))>")
        return 1
    }
}

/// The duty of who arrives last: to do the action and finish. Closed without that, it breaks the barrier. There is one
/// before it is known who is last, so that no error can come in between.
enum BarrierTurn {
    struct State: BitwiseCopyable {
        let storage: SharedObject
        /// Nil as long as this process is not the last of a cycle, and once it has finished.
        var cycle: UInt64?
    }

    private static let userdata = LuaClass<State>(
        "BarrierTurn", metamethods: [LuaFunction("__close") { Lua.run($0, close) }], userValues: 1)

    /// Pushes a turn at the barrier at `index`, which it keeps alive.
    static func push(_ lua: Lua, barrierAt index: Int32) {
        let object = SharedClasses.object(lua, at: index).unsafelyUnwrapped
        userdata.push(State(storage: object), to: lua)
        lua.pushValue(at: index)
        lua.setUserValue(1, at: -2)
    }

    static func check(_ lua: Lua, at position: Int32) throws(LuaFault) -> UnsafeMutablePointer<State> {
        try userdata.check(lua, at: position)
    }

    /// The action is done: the others go on.
    static func finish(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try check(lua, at: 1)
        let storage = BarrierStorage(state.pointee.storage)
        guard let cycle = state.pointee.cycle else { return 0 }
        state.pointee.cycle = nil
        guard storage.finish(cycle) else { throw BarrierClass.broken(lua, storage) }
        return 0
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try check(lua, at: 1)
        if let cycle = state.pointee.cycle { BarrierStorage(state.pointee.storage).abort(cycle) }
        return 0
    }
}
