import InterProcess
import LuaBridge

/// What a Lua Connection object holds in memory.
struct ConnectionState: BitwiseCopyable {
    let channel: Channel
    var isReadable: Bool
    var isWritable: Bool
    /// The channel is open in this process and belongs to this object.
    var isOpen = true
}

/// The Lua class of Connections. Its methods are in `Connection…` files by what they carry.
enum ConnectionClass {
    /// User value 1: how messages speak of it. It outlives the shared object's own name.
    private static let label: Int32 = 1

    static let connection = LuaClass<ConnectionState>(
        "Connection",
        methods: ConnectionValues.methods + ConnectionBytes.methods + ConnectionDescriptors.methods + [
            LuaFunction("poll") { Lua.run($0, poll) },
            LuaFunction("close") { Lua.run($0, close) },
        ],
        getters: [
            LuaFunction("closed") { Lua.run($0, isClosed) },
            LuaFunction("readable") { Lua.run($0, isReadable) },
            LuaFunction("writable") { Lua.run($0, isWritable) },
        ],
        metamethods: [
            LuaFunction("__close") { Lua.run($0, close) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
        ],
        advice: [
            "put": "it is c:send(v)", "write": "it is c:send(v)", "get": "it is c:recv()",
            "receive": "it is c:recv()",
            "read": "it is c:recv()",
        ],
        userValues: 1,
        finalizer: { _, payload in close(payload.assumingMemoryBound(to: ConnectionState.self)) })

    /// What a Connection costs outside Lua's heap, told to the collector: objects, and buffers in the kernel.
    private static let charge = 2048

    /// Pushes a Connection that owns the channel.
    static func push(_ channel: Channel, readable: Bool, writable: Bool, to lua: Lua) {
        let state = ConnectionState(channel: channel, isReadable: readable, isWritable: writable)
        connection.push(state, to: lua)
        OpenChannels.add(channel)
        lua.push(channel.end.object.label)
        lua.setUserValue(label, at: -2)
        lua.chargeCollector(bytes: charge)
    }

    // MARK: Checks

    /// The Connection at 1, which must be open.
    static func checkOpen(_ lua: Lua) throws(LuaFault) -> UnsafeMutablePointer<ConnectionState> {
        let state = try connection.check(lua, at: 1)
        if state.pointee.isOpen { return state }
        throw closedFault(lua)
    }

    static func checkReadable(_ lua: Lua) throws(LuaFault) -> UnsafeMutablePointer<ConnectionState> {
        let state = try checkOpen(lua)
        Operation.enter(.receive, state.pointee.channel.end.object)
        if state.pointee.isReadable { return state }
        throw ErrorObject.make(lua, .osError, "connection is write-only")
    }

    static func checkWritable(_ lua: Lua) throws(LuaFault) -> UnsafeMutablePointer<ConnectionState> {
        let state = try checkOpen(lua)
        Operation.enter(.send, state.pointee.channel.end.object)
        if state.pointee.isWritable { return state }
        throw ErrorObject.make(lua, .osError, "connection is read-only")
    }

    static func closedFault(_ lua: Lua) -> LuaFault { ErrorObject.make(lua, .osError, "handle is closed") }

    // MARK: Members

    /// `poll([timeout])`: absent = do not wait.
    private static func poll(_ lua: Lua) throws(LuaFault) -> Int32 {
        let channel = try checkReadable(lua).pointee.channel
        let timeout = try Parameters(lua, of: "poll", from: 2, ["timeout"]).timeout() ?? .immediate
        let operation = Operation(.poll, on: channel.end.object)
        switch WaitSource.wait(for: [.channel(channel)], operation, until: timeout.deadline) {
        case .ready(let ready): lua.push(!ready.isEmpty)
        case .notOpen: throw closedFault(lua)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        close(try connection.check(lua, at: 1))
        return 0
    }

    /// Lets go of the channel; harmless when repeated.
    static func close(_ state: UnsafeMutablePointer<ConnectionState>) {
        guard state.pointee.isOpen else { return }
        state.pointee.isOpen = false
        OpenChannels.remove(state.pointee.channel)
        state.pointee.channel.close()
    }

    private static func isClosed(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(!(try connection.check(lua, at: 1).pointee.isOpen))
        return 1
    }

    private static func isReadable(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try connection.check(lua, at: 1).pointee.isReadable)
        return 1
    }

    private static func isWritable(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try connection.check(lua, at: 1).pointee.isWritable)
        return 1
    }

    /// `<Connection 'requests' (server.lua:3) fd=5 read-only>`
    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try connection.check(lua, at: 1).pointee
        let access = !state.isWritable ? " read-only" : state.isReadable ? "" : " write-only"
        lua.push("<\(describe(lua)) \(state.isOpen ? "fd=\(state.channel.descriptor)\(access)" : "closed")>")
        return 1
    }

    /// `Connection 'requests' (server.lua:3)`: how messages speak of the Connection at 1.
    static func describe(_ lua: Lua) -> String {
        lua.getUserValue(label, at: 1)
        defer { lua.pop() }
        guard let label = lua.string(at: -1), !label.isEmpty else { return "Connection" }
        return "Connection \(label)"
    }
}

/// The channels of this process's Connections, by their descriptors, which is how the codec speaks of them.
enum OpenChannels {
    nonisolated(unsafe) private static var channels: [Int32: Channel] = [:]

    static func add(_ channel: Channel) { channels[channel.descriptor] = channel }
    static func remove(_ channel: Channel) { channels[channel.descriptor] = nil }

    /// The channel of an open descriptor.
    static func channel(of descriptor: Int32) -> Channel { channels[descriptor].unsafelyUnwrapped }
}
