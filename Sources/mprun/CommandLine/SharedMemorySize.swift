import Glibc

/// MPRUN_SHARED_MEMORY: how many bytes of shared memory the processes of a script may use.
enum SharedMemorySize {
    static let variable: StaticString = "MPRUN_SHARED_MEMORY"

    /// The size that the environment sets, or nil if it sets none.
    static func fromEnvironment() throws(CommandFailure) -> Int? {
        guard let value = getenv(variable.description), value[0] != 0 else { return nil }
        let text = String(cString: value)
        guard let size = bytes(text) else {
            throw CommandFailure(
                "\(variable): '\(text)' is not a size (it is a number of bytes, or of K, M or G: 512M)")
        }
        return size
    }

    /// 536870912, 524288K, 512M, 1G as bytes. Nil for anything else, zero included.
    private static func bytes(_ text: String) -> Int? {
        var digits = text.utf8[...]
        var unit = 1
        switch digits.last.map({ $0 | 0x20 }) {
        case UInt8(ascii: "k"): unit = 1 << 10
        case UInt8(ascii: "m"): unit = 1 << 20
        case UInt8(ascii: "g"): unit = 1 << 30
        default: break
        }
        if unit > 1 { digits.removeLast() }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow || bytes == 0 ? nil : bytes
    }
}
