/// What errors call the value that a message consists of: `value`, `result`, `value[3]`. Made without allocating.
struct EncodingRoot: ExpressibleByStringInterpolation, CustomStringConvertible {
    private let name: StaticString
    private let element: Int?

    init(stringLiteral name: StaticString) {
        self.name = name
        element = nil
    }

    /// `"value[\(3)]"`: a name and one element.
    init(stringInterpolation interpolation: StringInterpolation) {
        name = interpolation.name
        element = interpolation.element
    }

    var description: String {
        guard let element else { return name.description }
        return "\(name)\(element)]"
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var name: StaticString = ""
        fileprivate var element: Int?

        init(literalCapacity: Int, interpolationCount: Int) {
            precondition(interpolationCount <= 1, "a root has at most one index")
        }

        mutating func appendLiteral(_ literal: StaticString) {
            // What follows the index is its closing bracket.
            if element == nil { name = literal }
        }

        mutating func appendInterpolation(_ element: Int) { self.element = element }
    }
}
