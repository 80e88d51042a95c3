import LuaBridge

// What cannot be sent, and where it is.
extension EncodingPass {
    /// The error for the value on top of the stack.
    func refuse() -> LuaFault {
        switch lua.type(at: -1) {
        case .thread: return refuse("a coroutine")
        case .lightUserdata: return refuse("a light userdata")
        default: return refuse(advice: Self.isFileOrSocket(lua) ? "pass it to the process at start()" : nil)
        }
    }

    /// The error for the userdata on top of the stack.
    func refuse(advice: String?) -> LuaFault { refuse(Self.described(lua), advice: advice) }

    /// The error for something that is where the pass is now.
    func refuse(_ what: String, advice: String? = nil) -> LuaFault {
        let advice = advice.map { "; \($0)" } ?? ""
        return ErrorObject.make(lua, .serializationError, "cannot send \(what) (at \(place))\(advice)")
    }

    func refuseDepth() -> LuaFault { refuse("tables nested more than \(CodecLimits.depth) levels deep") }

    /// The error for an instance of an unknown class: its metatable is on top of the stack, above the table.
    func refuseInstance() -> LuaFault {
        let name = lua.rawGet("__name", at: -1) == .string ? lua.string(at: -1) : nil
        let isSendable = lua.rawGet("__sendable", at: -2) != .boolean || lua.isTruthy(at: -1)
        lua.pop(3)
        if let name, !isSendable { return refuse(Self.withArticle(name)) }
        let named = name.map { " ('\($0)')" } ?? ""
        return refuse(
            "a table with an unregistered metatable\(named)",
            advice: "register it with mp.register(name, metatable)")
    }

    // MARK: What it is

    /// `a Pool`, `a file`, `a socket (tcp{client})`.
    private static func described(_ lua: Lua) -> String {
        let name = lua.typeName(at: -1)
        switch name {
        case "FILE*": return "a file"
        case "userdata": return "a userdata"
        default: return isSocket(lua) ? "a socket (\(name))" : withArticle(name)
        }
    }

    private static func withArticle(_ name: String) -> String {
        let article = name.first.map { "AEIOUaeiou".contains($0) } == true ? "an" : "a"
        return "\(article) \(name)"
    }

    private static func isFileOrSocket(_ lua: Lua) -> Bool {
        lua.typeName(at: -1) == "FILE*" || isSocket(lua)
    }

    /// Whether the userdata on top of the stack has a method `getfd`, as LuaSocket's have.
    private static func isSocket(_ lua: Lua) -> Bool {
        guard lua.getMetafield("__index", at: -1) else { return false }
        defer { lua.pop() }
        guard lua.type(at: -1) == .table else { return false }
        defer { lua.pop() }
        return lua.rawGet("getfd", at: -1) == .function
    }

    // MARK: Where it is

    /// The way from the root to the value at hand: `value.jobs[2].thread`, `value, upvalue 'log'`.
    private var place: String {
        let frames = state.pointee.frames
        // A long way is told by its beginning and its end.
        let ends = frames.count <= 24 ? 0..<0 : 12..<frames.count - 4
        var path = root.description
        var key = false
        for depth in 0..<frames.count {
            if ends.contains(depth) {
                if depth == ends.lowerBound { path += "…" }
                continue
            }
            let frame = frames.base[depth]
            switch frame.kind {
            case .array: path += "[\(frame.position)]"
            case .map: path += step(at: frame.index + 1)
            case .function: path += upvalue(frame)
            case .mapKey:
                if !key { path = "\(depth == frames.count - 1 ? "a" : "inside a") key of \(path)" }
                key = true
            }
        }
        return path
    }

    private func upvalue(_ frame: Frame) -> String {
        guard let name = lua.getUpvalue(Int32(frame.position), at: frame.index) else { return "" }
        defer { lua.pop() }
        return ", upvalue '\(String(cString: name))'"
    }

    /// One step into a table, by the key at `index`: `.name`, `[2]`, `["odd key"]`.
    private func step(at index: Int32) -> String {
        switch lua.type(at: index) {
        case .string:
            let key = lua.string(at: index) ?? ""
            return Self.isIdentifier(key) ? ".\(key)" : "[\"\(Self.shortened(key))\"]"
        case .number:
            if let integer = lua.integer(at: index), lua.isInteger(at: index) { return "[\(integer)]" }
            return "[\(lua.number(at: index) ?? 0)]"
        case .boolean:
            return "[\(lua.isTruthy(at: index))]"
        default:
            return "[\(Self.withArticle(lua.typeName(at: index)))]"
        }
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), text.utf8.count <= 60 else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
            default: false
            }
        }
    }

    /// Text for an error message: one line, not too long.
    private static func shortened(_ text: String) -> String {
        var shown = ""
        for character in text.unicodeScalars.prefix(40) {
            switch character {
            case "\"": shown += "\\\""
            case "\\": shown += "\\\\"
            case "\n": shown += "\\n"
            default: shown += character.value < 0x20 ? "\\\(character.value)" : String(character)
            }
        }
        return text.unicodeScalars.count > 40 ? shown + "…" : shown
    }
}
