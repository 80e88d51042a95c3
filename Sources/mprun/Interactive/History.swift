import Glibc

/// The lines of earlier sessions: a text file, to which each line is appended as it is entered, so that sessions side by
/// side and sessions that are killed lose none.
struct History {
    /// Names another file, or none if it is empty.
    static let variable = "MPRUN_HISTORY"
    /// How many lines are offered, and how many bytes are read for them.
    private static let longest = 1000
    private static let most = 1 << 18

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
        guard let home = getenv("HOME"), home.pointee == CChar(UInt8(ascii: "/")) else { return nil }
        return "\(String(cString: home))/.local/state/mprun/history"
    }

    /// The last lines, the oldest first.
    func load() -> ArraySlice<[UInt8]> {
        guard let path else { return [] }
        // A pipe that nobody writes to would not open otherwise.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        let start = max(0, Int(status.st_size) - History.most)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) - start)
        let count = max(0, pread(descriptor, &bytes, bytes.count, start))
        let lines = bytes[..<count].split(separator: UInt8(ascii: "\n")).map(Array.init)
        // The first is a part of one.
        return (start == 0 ? lines[...] : lines.dropFirst()).suffix(History.longest)
    }

    /// Appends a line. A history that cannot be written is none.
    func append(_ line: [UInt8]) {
        guard let path else { return }
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            History.makeDirectories(of: path)
            descriptor = open(path, flags, 0o600)
        }
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
