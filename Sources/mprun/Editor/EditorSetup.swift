import Glibc

/// The option `--init`: tells editors and linters about the module, in the current directory.
///
/// The annotations are mprun's own and are written anew each time, so that they are those of this version. The two
/// configurations are the user's: one that is there is left alone.
enum EditorSetup {
    /// A file that is installed.
    private struct File {
        let path: String
        let content: [UInt8]
        /// What to do where the user has a file of that name.
        var advice: String?
    }

    private static let directories = [".mprun", ".mprun/library"]

    private static var annotations: [File] {
        [
            ("multiprocessing", PackageResources.multiprocessing_lua),
            ("process", PackageResources.process_lua),
            ("queues", PackageResources.queues_lua), ("connections", PackageResources.connections_lua),
            ("locks", PackageResources.locks_lua), ("synchronisation", PackageResources.synchronisation_lua),
            ("shared_data", PackageResources.shared_data_lua), ("managers", PackageResources.managers_lua),
            ("pool", PackageResources.pool_lua), ("executor", PackageResources.executor_lua),
            ("errors", PackageResources.errors_lua), ("logging", PackageResources.logging_lua),
            ("time", PackageResources.time_lua),
        ].map { File(path: ".mprun/library/\($0.0).lua", content: $0.1) }
    }

    private static let configurations = [
        File(
            path: ".luarc.json", content: PackageResources.luarc_json,
            advice: #"add ".mprun/library" to its "workspace.library""#),
        File(
            path: ".luacheckrc", content: PackageResources.luacheckrc_lua,
            advice: #"its std should be "lua54""#),
    ]

    /// Writes the files.
    ///
    /// - Returns: What was done, a line a file.
    /// - Throws: Which file or directory could not be written, and why.
    static func install() throws(CommandFailure) -> String {
        for directory in directories where mkdir(directory, 0o777) != 0 && errno != EEXIST {
            throw failure("make", directory)
        }
        for file in annotations { try write(file) }
        var report = ["wrote .mprun/library, \(annotations.count) files of annotations"]
        for file in configurations { report.append(try writeUnlessThere(file)) }
        return report.joined(separator: "\n")
    }

    private static func writeUnlessThere(_ file: File) throws(CommandFailure) -> String {
        var status = stat()
        // A link that leads nowhere is the user's as well.
        guard lstat(file.path, &status) != 0 else {
            return try read(file.path) == file.content
                ? "\(file.path) is up to date" : "left \(file.path) as it is: \(file.advice ?? "")"
        }
        try write(file)
        return "wrote \(file.path)"
    }

    /// Whole or not at all: an editor may be reading.
    private static func write(_ file: File) throws(CommandFailure) {
        let temporary = "\(file.path).\(getpid())"
        guard let stream = fopen(temporary, "we") else { throw failure("write", file.path) }
        let written = fwrite(file.content, 1, file.content.count, stream)
        guard fclose(stream) == 0, written == file.content.count, rename(temporary, file.path) == 0 else {
            let failure = failure("write", file.path)
            unlink(temporary)
            throw failure
        }
    }

    private static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        guard let stream = fopen(path, "re") else { throw failure("read", path) }
        defer { fclose(stream) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
            content += buffer[..<count]
        }
        return content
    }

    private static func failure(_ verb: String, _ path: String) -> CommandFailure {
        CommandFailure("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
