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
        SourceLines(of: path).enumerated().first { _, line in
            line.hasPrefix("if") && strstr(String(line), "__name__") != nil
                && strstr(String(line), "__main__") != nil
        }.map { $0.offset + 1 }
    }
}
