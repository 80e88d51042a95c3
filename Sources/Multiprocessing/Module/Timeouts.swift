import InterProcess
import LuaBridge

extension LuaTimeout {
    /// The point in time at which the wait ends, counted from now.
    var deadline: Deadline {
        switch self {
        case .forever: .never
        case .immediate: .now
        case .seconds(let seconds): .after(seconds: seconds)
        }
    }
}

extension Optional where Wrapped == LuaTimeout {
    /// Absent means for ever.
    var deadline: Deadline { self?.deadline ?? .never }
}

/// `block` and `timeout`, as `get`, `put` and `acquire` take them.
struct Blocking {
    let deadline: Deadline
    /// As given, for messages; nil if it does not block or blocks for ever.
    let seconds: Double?

    // Computed: a constant is initialised on demand, and each access would check that.
    static var forEver: Blocking { Blocking(deadline: .never, seconds: nil) }
    static var not: Blocking { Blocking(deadline: .now, seconds: nil) }

    init(deadline: Deadline, seconds: Double?) {
        self.deadline = deadline
        self.seconds = seconds
    }

    /// Reads `timeout` from position `first` on, or from an options table.
    static func timeout(_ lua: Lua, of function: StaticString, from first: Int32) throws(LuaFault) -> Blocking
    {
        lua.top < first
            ? .forEver : Blocking(try Parameters(lua, of: function, from: first, ["timeout"]).timeout())
    }

    init(_ timeout: LuaTimeout?) {
        var seconds: Double?
        if case .seconds(let value) = timeout { seconds = value }
        self.init(deadline: timeout.deadline, seconds: seconds)
    }

    /// Reads `block=true, timeout` from position `first` on, or from an options table.
    init(_ lua: Lua, of function: StaticString, from first: Int32) throws(LuaFault) {
        if lua.top < first {
            self = .forEver
            return
        }
        let parameters = try Parameters(lua, of: function, from: first, ["block", "timeout"])
        let call = "\(function == "acquire" ? "lock" : "q"):\(function)"
        // Whoever puts two values at once meets this too.
        let note =
            first == 2
            ? "a timeout is \(call){timeout = 5}"
            : "one value at a time, or a table; a timeout is \(call)(v, {timeout = 5})"
        let block = try parameters.boolean("block", note: note) ?? true
        let timeout = try parameters.timeout()
        self = block ? Blocking(timeout) : .not
    }

    /// " within 0.5 s", or nothing.
    var description: String { seconds.map { " within \($0.shortDescription) s" } ?? "" }
}

extension StaticString {
    static func == (left: StaticString, right: StaticString) -> Bool { left.description == right.description }
}

extension Double {
    /// 2 for 2.0, 0.5 for 0.5.
    var shortDescription: String { self == rounded() && abs(self) < 1e15 ? "\(Int64(self))" : "\(self)" }
}
