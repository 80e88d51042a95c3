import LuaBridge

/// How many values lie where.
final class Histogram: LuaObject {
    let bounds: ClosedRange<Double>
    var name: String
    private(set) var counts: [Int]

    init(name: String, bounds: ClosedRange<Double>, buckets: Int) {
        self.name = name
        self.bounds = bounds
        counts = Array(repeating: 0, count: buckets)
    }

    /// How many values were added.
    var total: Int { counts.reduce(0, +) }

    /// Counts a value.
    func add(_ value: Double) throws {
        guard bounds.contains(value) else { throw Failure.outside(value, bounds) }
        let place = (value - bounds.lowerBound) / (bounds.upperBound - bounds.lowerBound)
        counts[min(counts.count - 1, Int(place * Double(counts.count)))] += 1
    }

    /// Adds what another process has counted.
    func merge(_ others: [Int]) throws {
        guard others.count == counts.count else { throw Failure.otherBuckets(others.count, counts.count) }
        for bucket in counts.indices { counts[bucket] += others[bucket] }
    }

    enum Failure: Error, CustomStringConvertible {
        case outside(Double, ClosedRange<Double>)
        case otherBuckets(Int, Int)

        var description: String {
            switch self {
            case .outside(let value, let bounds):
                "\(value) lies outside of \(bounds.lowerBound) to \(bounds.upperBound)"
            case .otherBuckets(let theirs, let ours): "\(theirs) buckets cannot be added to \(ours)"
            }
        }
    }
}

// MARK: - What Lua sees

extension Histogram {
    static let luaClass: LuaObjectClass<Histogram> = LuaObjectClass(
        "Histogram",
        methods: [
            LuaFunction("add") { Lua.apply($0, Histogram.add) },
            LuaFunction("merge") { Lua.apply($0, Histogram.merge) },
        ],
        getters: [
            LuaFunction("name") { Lua.apply($0) { (histogram: Histogram) in histogram.name } },
            LuaFunction("counts") { Lua.apply($0) { (histogram: Histogram) in histogram.counts } },
        ],
        setters: [
            LuaFunction("name") {
                Lua.assign($0) { (histogram: Histogram, name: String) in histogram.name = name }
            }
        ],
        metamethods: [
            LuaFunction("__len") { Lua.apply($0) { (histogram: Histogram) in histogram.total } },
            LuaFunction("__tostring") {
                Lua.apply($0) { (histogram: Histogram) in "<\(histogram.name): \(histogram.counts)>" }
            },
        ],
        scripts: [each])

    /// `histogram:each(visit)`: calls `visit(bucket, count)`, which belongs to the script and may do anything.
    private static let each = LuaScript(
        "each",
        """
        return function(histogram, visit)
            for bucket, count in ipairs(histogram.counts) do visit(bucket, count) end
        end
        """)

    /// `Histogram{from = 0, to = 1, buckets = 10, name = "histogram"}`: only `to` has to be given.
    static let constructor = LuaFunction("Histogram") { Lua.run($0, construct) }

    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let options = try Options(lua, at: 1, of: "Histogram", known: ["from", "to", "buckets", "name"])
        guard let upper = try options.number("to") else { throw .message("Histogram: 'to' is missing") }
        let lower = try options.number("from") ?? 0
        guard lower < upper else { throw .message("Histogram: 'from' must be less than 'to'") }
        let buckets = try options.integer("buckets") ?? 10
        guard (1...10_000).contains(buckets) else {
            throw .message("Histogram: 'buckets' must be from 1 to 10000")
        }
        let name = try options.string("name") ?? "histogram"
        Histogram(name: name, bounds: lower...upper, buckets: Int(buckets)).push(to: lua)
        return 1
    }
}
