import InterProcess
import LuaBridge

/// `mp.Pipe([duplex = true])`
enum Pipe {
    /// Two connected Connections. Without `duplex` the first only receives and the second only sends.
    static func make(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(lua, of: "Pipe", from: 1, ["duplex"], optionsOnly: ["name"])
        let duplex = try parameters.boolean("duplex") ?? true
        let name = try parameters.string("name")
        let ends: (Channel, Channel)
        do throws(ChannelFailure) {
            ends = try Channel.makePair(name: name, place: Place.current(lua))
        } catch {
            switch error {
            case .system(let error): throw ErrorObject.make(lua, error)
            case .memory(let error): throw ErrorObject.make(lua, error)
            default: fatalError("a new pipe fails for want of descriptors or memory only")
            }
        }
        ConnectionClass.push(ends.0, readable: true, writable: duplex, to: lua)
        ConnectionClass.push(ends.1, readable: duplex, writable: true, to: lua)
        return 2
    }
}
