import Glibc

/// The lines of a source file, from the first. Of what is no regular file, as a pipe that was read already, there are none.
package final class SourceLines: Sequence, IteratorProtocol {
    private let file: UnsafeMutablePointer<FILE>?
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    /// Opens the file; one that cannot be read has no lines.
    package init(of path: UnsafePointer<CChar>) {
        var status = stat()
        let isFile = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        file = isFile ? fopen(path, "re") : nil
    }

    deinit {
        if let file { fclose(file) }
        free(buffer)
    }

    /// The next line, without blanks around.
    package func next() -> Substring? {
        guard let file, getline(&buffer, &capacity, file) >= 0, let buffer else { return nil }
        return String(cString: buffer)[...].trimmed
    }
}
