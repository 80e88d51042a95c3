import Glibc
import InterProcess
import LuaBridge

/// `mp.wait(list[, timeout])`
enum Wait {
    /// Waits until at least one of the objects is ready and returns a list of those that are, in their order.
    static func wait(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard lua.type(at: 1) == .table else {
            let isObject = lua.type(at: 1) == .userdata
            throw .typeMismatch(
                lua, at: 1, expected: "table", note: isObject ? "a list of what to wait for: mp.wait{c}" : nil
            )
        }
        let timeout = try Parameters(lua, of: "wait", from: 2, ["timeout"]).timeout()
        let sources = try readSources(lua)
        switch try wait(lua, for: sources, until: timeout.deadline) {
        case .ready(let positions):
            lua.createTable(array: positions.count)
            for (number, position) in positions.enumerated() {
                lua.rawGet(Int64(position + 1), at: 1)
                lua.rawSet(Int64(number + 1), at: -2)
            }
            return 1
        case .interrupted: throw lua.interrupted()
        case .notOpen(let position):
            throw ErrorObject.make(lua, .osError, "wait: \(text(EBADF)) (at position \(position + 1))") {
                $0.set("errno", Int(EBADF))
            }
        }
    }

    /// While tasks of a pool are under way, in slices: their callbacks run in here.
    private static func wait(
        _ lua: Lua, for sources: [WaitSource], until deadline: Deadline
    ) throws(LuaFault) -> WaitSource.Outcome {
        while true {
            let isBusy = try PoolModule.drive(lua, for: 0)
            let slice = isBusy ? deadline.orAfter(seconds: 0.05) : deadline
            let outcome = WaitSource.wait(for: sources, until: slice)
            guard isBusy, case .ready(let positions) = outcome, positions.isEmpty, !deadline.hasPassed else {
                return outcome
            }
        }
    }

    private static func readSources(_ lua: Lua) throws(LuaFault) -> [WaitSource] {
        let count = lua.rawLength(at: 1)
        var sources: [WaitSource] = []
        sources.reserveCapacity(count)
        for position in stride(from: 1, through: count, by: 1) {
            lua.rawGet(Int64(position), at: 1)
            guard let source = try Waitables.source(lua, at: lua.top) else {
                throw .argument(1, "cannot wait for a \(lua.typeName(at: -1)) (at position \(position))")
            }
            sources.append(source)
            lua.pop()
        }
        return sources
    }

    private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }
}
