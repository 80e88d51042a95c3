import LuaBridge

/// The module `statistics` of the scripts.
enum Statistics {
    /// The arithmetic mean of a list; nil if it is empty.
    static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// The smallest and the largest value of a list.
    static func range(_ values: [Double]) throws -> (Double, Double) {
        guard let least = values.min(), let most = values.max() else { throw Failure.noValues }
        return (least, most)
    }

    /// What the functions throw.
    enum Failure: Error, CustomStringConvertible {
        case noValues

        var description: String { "a list of values is needed, this one is empty" }
    }

    static let functions = [
        LuaFunction("mean") { Lua.apply($0, mean) },
        LuaFunction("range") { Lua.apply($0, range) },
        Histogram.constructor,
        Generator.constructor,
        Report.constructor,
    ]
}
