import InterProcess
import LuaBridge

/// Lua values as elements of a shared value or array, and back.
extension ElementType {
    /// The element of the value at `index` (absolute).
    ///
    /// - Parameter storage: what it is for, if that is there already.
    /// - Throws: a ValueError if it is out of range, an ordinary error if it is of another type.
    func element(_ lua: Lua, at index: Int32, for storage: ArrayStorage? = nil) throws(LuaFault) -> Element {
        switch self {
        case .float, .double:
            guard let number = lua.number(at: index) else { throw mismatch(lua, index, "number") }
            if self == .float, number.isFinite, !Float(number).isFinite {
                throw outOfRange(lua, "\(number)", storage)
            }
            return .float(number)
        case .bool:
            if let value = lua.boolean(at: index) { return .bool(value) }
            guard let number = lua.integer(at: index), number == 0 || number == 1 else {
                throw mismatch(lua, index, "boolean")
            }
            return .bool(number == 1)
        case .character:
            guard let text = lua.bytes(at: index), text.count == 1 else {
                throw mismatch(lua, index, "string of one character")
            }
            return .character(text[0])
        default:
            guard let number = lua.integer(at: index) else {
                guard let float = lua.number(at: index) else { throw mismatch(lua, index, "integer") }
                throw float == float.rounded()
                    ? outOfRange(lua, "\(float)", storage) : mismatch(lua, index, "integer")
            }
            guard let range = integers, range.contains(number) else {
                throw outOfRange(lua, "\(number)", storage)
            }
            return .integer(number)
        }
    }

    func outOfRange(_ lua: Lua, _ value: String, _ storage: ArrayStorage?) -> LuaFault {
        let range = integers.map { " (\($0.lowerBound) to \($0.upperBound))" } ?? ""
        let place = storage.map { SharedClasses.place(ArrayClass.luaClass(of: $0).name, $0.object) } ?? ""
        return ErrorObject.make(
            lua, .valueError, "\(value) is out of range for type '\(code)'\(range)\(place)")
    }

    private func mismatch(_ lua: Lua, _ index: Int32, _ expected: String) -> LuaFault {
        let actual: String
        if let number = lua.number(at: index) {
            actual = "\(number.shortDescription)"
        } else if let text = lua.bytes(at: index), self == .character {
            actual = "one of \(text.count)"
        } else {
            actual = lua.typeName(at: index)
        }
        return .message(
            "type '\(code)' takes \("aeiou".contains(expected.first!) ? "an" : "a") \(expected), got \(actual)"
        )
    }

    /// What a new value is before anybody sets it.
    var zero: Element {
        switch self {
        case .float, .double: .float(0)
        case .bool: .bool(false)
        case .character: .character(0)
        default: .integer(0)
        }
    }
}

extension Lua {
    /// Pushes an element.
    func push(_ element: Element) {
        switch element {
        case .integer(let value): push(value)
        case .float(let value): push(value)
        case .bool(let value): push(value)
        case .character(let byte): withUnsafeBytes(of: byte) { push($0) }
        }
    }
}

extension ElementType {
    /// The type whose code is at `position`.
    init(_ lua: Lua, codeAt position: Int32) throws(LuaFault) {
        guard let text = lua.string(at: position) else {
            throw .typeMismatch(
                lua, at: position, expected: "string",
                note: "first comes the type: mp.Value(\"i\", 0), mp.Array(\"d\", {1, 2})")
        }
        guard text.count == 1, let type = ElementType(code: text.first!) else {
            let known = ElementType.allCases.map { String($0.code) }.joined(separator: " ")
            let meant = ElementType.codes[text].map { "; \($0)" } ?? ""
            throw .message("unknown type code '\(text)' (known: \(known))\(meant)")
        }
        self = type
    }

    /// What is called so elsewhere.
    private static let codes = [
        "int": "an integer is 'i', or 'q' with 64 bits", "integer": "an integer is 'i', or 'q' with 64 bits",
        "long": "it is 'l', of 64 bits", "float": "a float is 'd', or 'f' with 32 bits",
        "double": "it is 'd'",
        "number": "a float is 'd', an integer 'i'", "bool": "it is '?'", "boolean": "it is '?'",
        "char": "it is 'c'",
        "string": "text is in an mp.Array(\"c\", text)", "str": "text is in an mp.Array(\"c\", text)",
        "s": "text is in an mp.Array(\"c\", text)", "u": "text is in an mp.Array(\"c\", text)",
    ]
}
