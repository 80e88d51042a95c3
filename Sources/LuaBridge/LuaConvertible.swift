/// A type whose values pass between Swift and Lua: as arguments and results of functions, as globals, as results of
/// scripts.
///
/// `Bool`, `Int`, `Int32`, `Int64`, `Double`, `String`, ``LuaBytes``, optionals, arrays and dictionaries of these are,
/// and each class that is a ``LuaObject``. A structure of a program's own becomes one by reading and writing the fields
/// of a table:
///
///     struct Point: LuaConvertible {
///         var x, y: Double
///
///         static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Point {
///             Point(x: try lua.readField("x", of: index), y: try lua.readField("y", of: index))
///         }
///
///         func push(to lua: Lua) {
///             lua.createTable(fields: 2)
///             lua.writeField("x", x)
///             lua.writeField("y", y)
///         }
///     }
///
/// Values are copied. Nothing is converted on the way: a string is no number, nor a number a string.
public protocol LuaConvertible {
    /// The value at `index`, which the stack may not have at all. Runs no Lua code.
    ///
    /// - Throws: What is there instead. The stack is as it was, in either case.
    static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Self

    /// Pushes the value: one Lua value, whatever it is. Uses two stack slots, and two for each table around a value.
    func push(to lua: Lua)
}

/// A Lua value that is not what was wanted.
public struct LuaMismatch: Error, CustomStringConvertible, Sendable {
    /// What was wanted, as `number`.
    public let expected: String
    /// What was there, as `string` or `1.5`.
    public let actual: String
    /// What to do about it.
    public let note: String?
    /// Where inside the value, outermost step first: `.items[3]`; empty for the value itself.
    private var place = ""

    /// Describes a mismatch.
    public init(expected: String, actual: String, note: String? = nil) {
        self.expected = expected
        self.actual = actual
        self.note = note
    }

    /// Describes the value at `index`, which is of another type than was wanted.
    public init(_ lua: Lua, at index: Int32, expected: String) {
        self.init(expected: expected, actual: lua.typeName(at: index))
    }

    /// The value at `index` in the place of an integer. Another type is told what Lua tells it; a number, which number it
    /// should be.
    @usableFromInline
    init(_ lua: Lua, at index: Int32, expectedInteger kind: String) {
        guard let number = lua.number(at: index) else {
            self.init(lua, at: index, expected: "number")
            return
        }
        self.init(expected: kind, actual: lua.integer(at: index).map { "\($0)" } ?? "\(number)")
    }

    /// The same mismatch, seen from the value around it: `step` is `.name` or `[3]`.
    public func inside(_ step: String) -> LuaMismatch {
        var outer = self
        outer.place = step + place
        return outer
    }

    /// `number expected, got string at .items[3]; note`
    public var description: String {
        var text = "\(expected) expected, got \(actual)"
        if !place.isEmpty { text += " at \(place)" }
        if let note { text += "; \(note)" }
        return text
    }
}

// MARK: - Fields

extension Lua {
    /// The field `name` of the table at `index`, read raw.
    ///
    /// - Throws: The mismatch, with `.name` as its place; also for a value that is no table.
    public func readField<Value: LuaConvertible>(
        _ name: StaticString, of index: Int32, as type: Value.Type = Value.self
    ) throws(LuaMismatch) -> Value {
        guard self.type(at: index) == .table else { throw LuaMismatch(self, at: index, expected: "table") }
        rawGet(name, at: index)
        defer { pop() }
        do throws(LuaMismatch) {
            return try Value.read(self, at: -1)
        } catch { throw error.inside(".\(name)") }
    }

    /// Sets the field `name` of the table on top of the stack, raw.
    public func writeField(_ name: StaticString, _ value: some LuaConvertible) {
        value.push(to: self)
        rawSet(name, at: -2)
    }
}
