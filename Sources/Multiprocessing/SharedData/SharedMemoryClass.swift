import Glibc
import InterProcess
import LuaBridge

/// `mp.SharedMemory`: POSIX shared memory, the same as Python's `multiprocessing.shared_memory`.
enum SharedMemoryClass {
    private struct State: BitwiseCopyable {
        /// First, as in all payloads of shared objects.
        let object: SharedObject
        /// Nil once closed.
        var mapping: SegmentStorage.Mapping?

        var storage: SegmentStorage { SegmentStorage(object) }
    }

    static var number: Int32 { userdata.number }
    static func install(in lua: Lua) { userdata.install(in: lua) }

    private static let userdata: LuaClass<State> = LuaClass(
        "SharedMemory",
        methods: [
            LuaFunction("read") { Lua.run($0, read) },
            LuaFunction("write") { Lua.run($0, write) },
            LuaFunction("close") { Lua.run($0, close) },
            LuaFunction("unlink") { Lua.run($0, unlink) },
        ],
        getters: [
            LuaFunction("name") { Lua.run($0, name) },
            LuaFunction("size") { Lua.run($0, size) },
        ],
        metamethods: [
            LuaFunction("__len") { Lua.run($0, size) },
            LuaFunction("__close") { Lua.run($0, close) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
            SharedClasses.equality,
        ],
        advice: ["buf": "it is memory:read(offset, n), memory:write(offset, text)"],
        finalizer: { _, payload in
            let state = payload.assumingMemoryBound(to: State.self).pointee
            state.mapping?.unmap()
            HandleTable.release(state.object)
        })

    static let constructor = LuaFunction("SharedMemory") { Lua.run($0, construct) }

    /// `SharedMemory{name=, create=, size=}`
    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(lua, of: "SharedMemory", from: 1, ["name", "create", "size"])
        let name = try parameters.string("name", note: "as in SharedMemory{create = true, size = 64}")
        let create = try parameters.boolean("create") ?? false
        let size = try parameters.integer("size") ?? 0
        if let name { try check(lua, name: name) }
        let place = Place.current(lua)
        if create {
            guard size > 0 else {
                throw ErrorObject.make(
                    lua, .valueError,
                    size == 0
                        ? "'size' must be a positive number different from zero"
                        : "'size' must be a positive integer")
            }
            let made = try translating(lua) { () throws(SegmentStorage.Failure) in
                try SegmentStorage.create(segmentName: name.map(trimmed), size: Int(size), place: place)
            }
            push(lua, made.0, made.1)
            return 1
        }
        guard let name else {
            throw ErrorObject.make(lua, .valueError, "'name' can only be nil if create = true")
        }
        let opened = try translating(lua) { () throws(SegmentStorage.Failure) in
            try SegmentStorage.open(segmentName: trimmed(name), place: place)
        }
        push(lua, opened.0, opened.1)
        return 1
    }

    /// Python's names have a slash in front that `name` does not show.
    private static func trimmed(_ name: String) -> String {
        name.first == "/" ? String(name.dropFirst()) : name
    }

    private static func check(_ lua: Lua, name: String) throws(LuaFault) {
        let rest = trimmed(name)
        let problem: String?
        if rest.utf8.contains(0) {
            problem = "embedded null byte"
        } else if rest.contains("/") {
            problem = "the name of shared memory has no slash but one in front: '\(name)'"
        } else if rest.isEmpty || rest == "." || rest == ".." {
            problem = "'\(name)' is no name for shared memory"
        } else {
            problem = nil
        }
        if let problem { throw ErrorObject.make(lua, .valueError, problem) }
    }

    private static func translating<Success>(
        _ lua: Lua, _ body: () throws(SegmentStorage.Failure) -> Success
    ) throws(LuaFault) -> Success {
        do throws(SegmentStorage.Failure) {
            return try body()
        } catch {
            switch error {
            case .system(let error): throw ErrorObject.make(lua, error)
            case .memory(let error): throw ErrorObject.make(lua, error)
            }
        }
    }

    private static func push(_ lua: Lua, _ storage: SegmentStorage, _ mapping: SegmentStorage.Mapping) {
        userdata.push(State(object: storage.object, mapping: mapping), to: lua)
        lua.chargeCollector(bytes: SharedReference.charge)
    }

    /// Pushes an object for a segment that came in a message; this process has a reference to it.
    static func push(_ storage: SegmentStorage, to lua: Lua) throws(LuaFault) {
        do throws(LuaFault) {
            let mapping = try translating(lua) { () throws(SegmentStorage.Failure) in try storage.map() }
            push(lua, storage, mapping)
        } catch {
            HandleTable.release(storage.object)
            throw error
        }
    }

    // MARK: Methods

    private static func checkOpen(
        _ lua: Lua, _ operation: Operation.Kind
    ) throws(LuaFault) -> SegmentStorage.Mapping {
        let state = try userdata.check(lua, at: 1)
        Operation.enter(operation, state.pointee.object)
        guard let mapping = state.pointee.mapping else {
            throw ErrorObject.make(
                lua, .valueError, "shared memory '\(state.pointee.storage.segmentName)' is closed")
        }
        return mapping
    }

    /// `read([offset[, n]])`: n bytes, all if absent, behind the first `offset`.
    private static func read(_ lua: Lua) throws(LuaFault) -> Int32 {
        let mapping = try checkOpen(lua, .readValue)
        let parameters = try Parameters(lua, of: "read", from: 2, ["offset", "n"])
        let offset = try parameters.integer("offset") ?? 0
        let count = try parameters.integer("n") ?? Int64(mapping.size) &- offset
        try check(lua, mapping, offset, count)
        lua.push(UnsafeRawBufferPointer(start: mapping.base + Int(offset), count: Int(count)))
        return 1
    }

    /// `write(offset, s)`
    private static func write(_ lua: Lua) throws(LuaFault) -> Int32 {
        let mapping = try checkOpen(lua, .writeValue)
        let offset = try lua.checkInteger(at: 2)
        let bytes = try lua.checkBytes(at: 3)
        try check(lua, mapping, offset, Int64(bytes.count))
        if let source = bytes.baseAddress {
            (mapping.base + Int(offset)).copyMemory(from: source, byteCount: bytes.count)
        }
        return 0
    }

    private static func check(
        _ lua: Lua, _ mapping: SegmentStorage.Mapping, _ offset: Int64, _ count: Int64
    ) throws(LuaFault) {
        let size = Int64(mapping.size)
        if offset >= 0, count >= 0, offset <= size, count <= size - offset { return }
        throw ErrorObject.make(
            lua, .valueError,
            "\(count) bytes behind the first \(offset) are not within the \(size) that there are")
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try userdata.check(lua, at: 1)
        state.pointee.mapping?.unmap()
        state.pointee.mapping = nil
        return 0
    }

    /// `unlink()`: removes the name; also of one that is closed, as in Python.
    private static func unlink(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try userdata.check(lua, at: 1).pointee.storage
        try translating(lua) { () throws(SegmentStorage.Failure) in try storage.unlink() }
        return 0
    }

    private static func name(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try userdata.check(lua, at: 1).pointee.storage.segmentName)
        return 1
    }

    private static func size(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try userdata.check(lua, at: 1).pointee.storage.size)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try userdata.check(lua, at: 1).pointee.storage
        lua.push("<SharedMemory '\(storage.segmentName)' size=\(storage.size)>")
        return 1
    }
}
