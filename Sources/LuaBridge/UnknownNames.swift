/// What to say of names that a class or a module does not have but that people expect there:
/// `["push": "use q:put(v)"]`. The name `"[1]"` stands for every number.
public typealias NameAdvice = KeyValuePairs<StaticString, StaticString>

extension Lua {
    /// Gives the table at `index` a metatable with which reading a name that it does not have is an error. Names that
    /// it has are found as before, without a call.
    ///
    /// Names that begin with two underscores are nil: tools look for them in everything.
    public func refuseUnknownNames(at index: Int32, owner: StaticString, advice: NameAdvice = [:]) {
        let table = absolute(index)
        createTable(fields: 1)
        push(owner)
        createTable(fields: advice.count)
        for (name, text) in advice {
            push(text)
            rawSet(name, at: -2)
        }
        push({ Lua.run($0, UnknownName.refuse) }, upvalues: 2)
        rawSet("__index", at: -2)
        setMetatable(at: table)
    }

    /// `multiprocessing has no 'Proces' (did you mean 'Process'?)`, at the innermost line of a script.
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - owner: Who was asked.
    ///   - known: The names that it has.
    ///   - advice: What to say instead of the nearest name.
    public func unknownName(_ name: String, owner: String, known: [String], advice: String? = nil)
        -> LuaFault
    {
        let hint =
            if let advice {
                "; \(advice)"
            } else if let meant = Suggestion.nearest(to: name, among: known) {
                " (did you mean '\(meant)'?)"
            } else if known.count <= 20, !known.isEmpty {
                " (it has \(known.sorted().joined(separator: ", ")))"
            } else {
                ""
            }
        return scriptMessage("\(owner) has no '\(name)'\(hint)")
    }

    /// A message with the position of the innermost line of a script in front, whoever called. Functions of Lua's own
    /// libraries that index an object have no position.
    public func scriptMessage(_ text: String) -> LuaFault {
        .messageWithoutPosition((position.map { "\($0): " } ?? "") + text)
    }
}

private enum UnknownName {
    /// `__index` of a table of members, `(members, key)`. Upvalues: the owner's name, the advice by names.
    static func refuse(_ lua: Lua) throws(LuaFault) -> Int32 {
        let owner = lua.string(at: Lua.upvalue(1)) ?? ""
        if lua.type(at: 2) == .number {
            let advice = advice(lua, for: "[1]").map { "; \($0)" } ?? ""
            throw lua.scriptMessage("\(owner) has no numbered fields\(advice)")
        }
        guard let name = lua.string(at: 2), !name.hasPrefix("__") else { return 0 }
        throw lua.unknownName(
            name, owner: owner, known: lua.stringKeys(at: 1), advice: advice(lua, for: name))
    }

    private static func advice(_ lua: Lua, for name: String) -> String? {
        lua.push(name)
        do throws(LuaFault) { try lua.get(at: Lua.upvalue(2)) } catch {}
        defer { lua.pop() }
        return lua.string(at: -1)
    }
}
