import Glibc
import LuaBridge

/// A file that lines are written to.
struct Report: BitwiseCopyable {
    /// -1 once it is closed.
    var descriptor: Int32

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

// MARK: - What Lua sees

extension Report {
    static let luaClass: LuaClass<Report> = LuaClass(
        "Report",
        methods: [
            LuaFunction("write") { Lua.run($0, write) },
            LuaFunction("close") { Lua.run($0, close) },
        ],
        metamethods: [LuaFunction("__close") { Lua.run($0, close) }],
        finalizer: { _, payload in payload.assumingMemoryBound(to: Report.self).pointee.close() })

    /// `Report(path)`
    static let constructor = LuaFunction("Report") { Lua.run($0, construct) }

    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let path = try lua.checkString(at: 1)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .message("\(path): \(String(cString: strerror(errno)))") }
        luaClass.push(Report(descriptor: descriptor), to: lua)
        return 1
    }

    /// `report:write(line)`
    private static func write(_ lua: Lua) throws(LuaFault) -> Int32 {
        let report = try luaClass.check(lua, at: 1)
        guard report.pointee.descriptor >= 0 else { throw .message("the report is closed") }
        var line = try lua.checkString(at: 2) + "\n"
        let written = line.withUTF8 { Glibc.write(report.pointee.descriptor, $0.baseAddress, $0.count) }
        guard written == line.utf8.count else { throw .message("the report cannot be written") }
        return 0
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        try luaClass.check(lua, at: 1).pointee.close()
        return 0
    }
}
