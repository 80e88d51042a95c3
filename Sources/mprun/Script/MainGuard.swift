import Glibc
import LuaBridge
import Multiprocessing

/// Python's `if __name__ == "__main__"`. In Lua `__name__` is nil: what it guards would silently not run.
enum MainGuard {
    /// Tells where a script has such a line, unless it has given the name a meaning. The script runs all the same.
    static func warn(about path: UnsafePointer<CChar>, _ lua: Lua) throws(LuaFault) {
        guard let line = firstLine(of: path) else { return }
        try lua.getGlobal("__name__")
        defer { lua.pop() }
        guard lua.type(at: -1) == .nil else { return }
        StandardError.write(
            "\(Command.name): \(String(cString: path)):\(line): __name__ is nil in Lua, so what follows does not run; "
                + "no such guard is needed: remove the if\n")
    }

    private static func firstLine(of path: UnsafePointer<CChar>) -> Int? {
        var status = stat()
        // Of a pipe there is nothing left to read.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = fopen(path, "re")
        else {
            return nil
        }
        defer { fclose(file) }
        var buffer: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(buffer) }
        var number = 1
        while getline(&buffer, &capacity, file) > 0, let line = buffer {
            let start = line + strspn(line, " \t")
            if strncmp(start, "if", 2) == 0, strstr(start, "__name__") != nil,
                strstr(start, "__main__") != nil
            {
                return number
            }
            number += 1
        }
        return nil
    }
}
