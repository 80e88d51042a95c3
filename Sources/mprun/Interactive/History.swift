import Glibc

/// The lines of earlier sessions: a text file, to which each line is appended as it is entered, so that sessions side by
/// side and sessions that are killed lose none.
struct History {
    /// Names another file, or none if it is empty.
    static let variable = "MPRUN_HISTORY"
    private static let longest = 1000

    private let path: String?

    /// - Parameter ignoringEnvironment: keep no history; without the environment there is no place for it.
    init(ignoringEnvironment: Bool) {
        path = ignoringEnvironment ? nil : History.place()
    }

    private static func place() -> String? {
        if let chosen = getenv(variable) { return chosen.pointee == 0 ? nil : String(cString: chosen) }
        if let state = getenv("XDG_STATE_HOME"), state.pointee == CChar(UInt8(ascii: "/")) {
            return "\(String(cString: state))/mprun/history"
        }
        return getenv("HOME").map { "\(String(cString: $0))/.local/state/mprun/history" }
    }

    /// The last lines, the oldest first.
    func load() -> [[UInt8]] {
        guard let path, let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var lines: [[UInt8]] = []
        var buffer: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(buffer) }
        while true {
            let length = getline(&buffer, &capacity, file)
            guard length > 0, let buffer else { break }
            let bytes = UnsafeRawBufferPointer(start: buffer, count: length)
            lines.append(bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : Array(bytes))
        }
        return lines.suffix(History.longest)
    }

    /// Appends a line. A history that cannot be written is none.
    func append(_ line: [UInt8]) {
        guard let path else { return }
        History.makeDirectories(of: path)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let text = line + [UInt8(ascii: "\n")]
        _ = write(descriptor, text, text.count)
        close(descriptor)
    }

    private static func makeDirectories(of path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for count in parts.indices.dropFirst(2) {
            mkdir(parts[..<count].joined(separator: "/"), 0o700)
        }
    }
}
