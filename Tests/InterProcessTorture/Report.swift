import Glibc

/// Test results as TAP lines.
struct Report {
    private var count = 0
    private var failures = 0

    mutating func check(_ passed: Bool, _ description: String, _ detail: @autoclosure () -> String = "") {
        count += 1
        print("\(passed ? "ok" : "not ok") \(count) - \(description)")
        guard !passed else { return }
        failures += 1
        let detail = detail()
        if !detail.isEmpty { print("#   \(detail)") }
    }

    mutating func equal<Value: Equatable>(_ value: Value, _ expected: Value, _ description: String) {
        check(value == expected, description, "got \(value), expected \(expected)")
    }

    func finish() -> Never {
        print("1..\(count)")
        print("\(count - failures) passed, \(failures) failed")
        exit(failures == 0 ? 0 : 1)
    }
}
