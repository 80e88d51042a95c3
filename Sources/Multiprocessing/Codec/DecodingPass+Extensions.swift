import InterProcess
import LuaBridge

// What MessagePack cannot say.
extension DecodingPass {
    /// Reads the payload of an extension: pushes the value, or opens a frame for it.
    ///
    /// - Returns: Whether the value is complete.
    @inline(never)
    mutating func pushExtension(_ type: UInt8, _ length: Int) throws(LuaFault) -> Bool {
        let end = reader.offset + length
        switch ExtensionType(rawValue: type) {
        case .backReference:
            try pushBackReference(length)
        case .graph:
            throw malformed("a graph inside a message")
        case .instance:
            return try openInstance(end)
        case .luaFunction:
            return try openFunction(end)
        case .namedFunction:
            try pushNamedFunction()
        case .sharedObject:
            try pushSharedObject(length)
        case .namedValue:
            try pushNamedValue(length)
        case .descriptor:
            try pushDescriptor(length)
        case nil:
            let name = type == 0xff ? "a timestamp" : "extension type \(Int8(bitPattern: type))"
            throw malformed("\(name), which has no counterpart in Lua")
        }
        guard reader.offset == end else { throw malformed("an extension of the wrong length") }
        return true
    }

    // MARK: Nodes

    private mutating func pushBackReference(_ length: Int) throws(LuaFault) {
        try pushNode(try readNodeNumber(length))
    }

    private mutating func readNodeNumber(_ length: Int) throws(LuaFault) -> Int {
        guard length == 1 || length == 2 || length == 4, let number = reader.readCount(width: length) else {
            throw malformed("a back reference of \(length) bytes")
        }
        return number
    }

    // MARK: Instances

    private mutating func openInstance(_ end: Int) throws(LuaFault) -> Bool {
        guard let name = reader.string() else { throw malformed("an instance without a class") }
        guard ClassRegistry.pushMetatable(lua, named: name) else {
            let shown = String(decoding: name.prefix(100), as: UTF8.self)
            throw ErrorObject.make(
                lua, .serializationError,
                "class '\(shown)' is not registered in this process; call mp.register('\(shown)', metatable) in both"
            )
        }
        let (kind, count): (Frame.Kind, Int) =
            switch reader.header() {
            case .array(let count): (.array, count)
            case .map(let count): (.map, count)
            default: throw malformed("an instance without contents")
            }
        var frame = Frame(kind: kind, index: lua.top + 1, count: count)
        frame.isInstance = true
        frame.end = end
        return try openTable(frame)
    }

    // MARK: Named values

    private mutating func pushNamedValue(_ length: Int) throws(LuaFault) {
        guard length >= 1, let letter = reader.read(UInt8.self), let kind = NamedValueKind(rawValue: letter),
            let name = reader.read(bytes: length - 1)
        else { throw malformed("a name of an unknown kind") }
        if KnownTables.push(lua, kind, name) { return }
        if kind == .module { return try require(name) }
        let shown = String(decoding: name.prefix(100), as: UTF8.self)
        let what = kind == .metatable ? "class '\(shown)' is not registered" : "there is no file '\(shown)'"
        throw ErrorObject.make(lua, .serializationError, "\(what) in this process")
    }

    /// Pushes a module that is not loaded yet.
    func require(_ name: UnsafeRawBufferPointer) throws(LuaFault) {
        let top = lua.top
        lua.pushGlobals()
        let found = lua.rawGet("require", at: -1) == .function
        lua.remove(at: -2)
        let status = try withCollector { () throws(LuaFault) -> LuaStatus in
            guard found else { return .runtimeError }
            lua.push(name)
            return lua.protectedCall(arguments: 1, results: 1)
        }
        if status == .ok { return }
        let reason = found ? lua.errorText(at: -1) : "there is no 'require'"
        lua.top = top
        let shown = String(decoding: name.prefix(100), as: UTF8.self)
        throw ErrorObject.make(
            lua, .serializationError, "cannot load the module '\(shown)' of the message: \(reason)")
    }

    // MARK: Userdata

    private mutating func pushSharedObject(_ length: Int) throws(LuaFault) {
        guard length == 16, let family = reader.read(UInt64.self), let handle = reader.read(UInt64.self)
        else {
            throw malformed("a handle of \(length) bytes")
        }
        guard family == Family.id else {
            throw ErrorObject.make(
                lua, .valueError, "the shared object belongs to another family of processes")
        }
        guard try CodecHooks.sharedObjects.push(lua, Handle(rawValue: handle)) else {
            throw ErrorObject.make(lua, .valueError, "the shared object does not exist any more")
        }
        if isGraph { enterNode() }
    }

    private mutating func pushDescriptor(_ length: Int) throws(LuaFault) {
        guard length == 2, let number = reader.read(UInt8.self), let tag = reader.read(UInt8.self) else {
            throw malformed("a descriptor of \(length) bytes")
        }
        guard Int(number) < descriptors.count, descriptors[Int(number)] >= 0 else {
            throw malformed("a descriptor that did not come with it")
        }
        let descriptor = descriptors[Int(number)]
        descriptors[Int(number)] = -1
        try CodecHooks.descriptors.push(lua, descriptor: descriptor, tag: tag)
        if isGraph { enterNode() }
    }
}
