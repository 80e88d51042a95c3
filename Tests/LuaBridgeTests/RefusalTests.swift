import Glibc
import XCTest

/// The compiler refuses what must not be called from Swift, and nothing of Lua's API was forgotten.
final class RefusalTests: XCTestCase {
    private let bridge = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/CLuaBridge/include").standardizedFileURL.path

    /// What Swift may call: these fail for want of memory only, or not at all.
    private let permitted: Set<String> = [
        "lua_absindex", "lua_atpanic", "lua_checkstack", "lua_copy", "lua_createtable", "lua_dump",
        "lua_getallocf",
        "lua_gethook", "lua_gethookcount", "lua_gethookmask", "lua_getinfo", "lua_getiuservalue",
        "lua_getlocal",
        "lua_getmetatable", "lua_getstack", "lua_gettop", "lua_getupvalue", "lua_iscfunction",
        "lua_isinteger",
        "lua_isnumber", "lua_isstring", "lua_isuserdata", "lua_isyieldable", "lua_newthread",
        "lua_newuserdatauv",
        "lua_pushboolean", "lua_pushcclosure", "lua_pushinteger", "lua_pushlightuserdata", "lua_pushlstring",
        "lua_pushnil", "lua_pushnumber", "lua_pushstring", "lua_pushthread", "lua_pushvalue",
        "lua_pushvfstring",
        "lua_rawequal", "lua_rawget", "lua_rawgeti", "lua_rawgetp", "lua_rawlen", "lua_rawseti",
        "lua_rawsetp",
        "lua_rotate", "lua_setallocf", "lua_setcstacklimit", "lua_sethook", "lua_setiuservalue",
        "lua_setlocal",
        "lua_setmetatable", "lua_settop", "lua_setupvalue", "lua_setwarnf", "lua_status",
        "lua_stringtonumber",
        "lua_toboolean", "lua_tocfunction", "lua_tointegerx", "lua_tolstring", "lua_tonumberx",
        "lua_topointer",
        "lua_tothread", "lua_touserdata", "lua_type", "lua_typename", "lua_upvalueid", "lua_upvaluejoin",
        "lua_version",
        "lua_warning", "lua_xmove", "luaL_execresult", "luaL_fileresult", "luaL_getmetafield", "luaL_ref",
        "luaL_unref",
        "luaL_where",
        // Variadic, which Swift cannot call.
        "lua_gc", "lua_pushfstring",
    ]

    /// Runs a shell command and returns what it printed.
    private func shell(_ command: String) -> String {
        guard let pipe = popen("(\(command)) 2>&1", "r") else { return "" }
        defer { pclose(pipe) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        return String(decoding: output, as: UTF8.self)
    }

    private func refused() -> Set<String> {
        let declarations = "grep -ohE '(lua|luaL|luaopen)_[A-Za-z_]+\\(' \(bridge)/cluabridge_unavailable.h"
        return Set(shell("\(declarations) | tr -d '('").split(separator: "\n").map(String.init))
    }

    /// The compiler's complaints about a file with these statements.
    private func typecheck(_ statements: [String]) throws -> String {
        guard !shell("command -v swiftc").isEmpty else { throw XCTSkip("no swiftc on the path") }
        let folder = shell("mktemp -d").split(separator: "\n").map(String.init).first ?? ""
        defer { _ = shell("rm -r '\(folder)'") }
        try "module CLuaBridge { header \"\(bridge)/CLuaBridge.h\" export * }"
            .write(toFile: "\(folder)/module.modulemap", atomically: true, encoding: .utf8)
        try (["import CLuaBridge", "func use(_ lua: OpaquePointer) {"] + statements + ["}"]).joined(
            separator: "\n"
        )
        .write(toFile: "\(folder)/use.swift", atomically: true, encoding: .utf8)
        let flags = "$(pkg-config --cflags lua5.4 | sed 's/-I/-Xcc -I/g')"
        return shell("swiftc -typecheck '\(folder)/use.swift' -I '\(folder)' -Xcc -w \(flags)")
    }

    func testRaisingFunctionsDoNotCompile() throws {
        let names = refused()
        XCTAssertGreaterThan(names.count, 60)
        let complaints = try typecheck(names.map { "let _ = \($0)" })
        for name in names {
            let refused =
                complaints.contains("'\(name)' is unavailable")
                || complaints.contains("'\(name)()' is unavailable")
            XCTAssertTrue(refused, "\(name) is refused")
        }
        XCTAssertTrue(complaints.contains("throw a LuaFault instead"), "the compiler says what to do")
    }

    func testHarmlessFunctionsCompile() throws {
        let complaints = try typecheck(["lua_pushnil(lua)", "lua_settop(lua, 0)", "cluabridge_collect(lua)"])
        XCTAssertFalse(complaints.contains("error:"), complaints)
    }

    func testEveryFunctionOfLuaIsClassified() throws {
        let headers = "$(pkg-config --cflags-only-I lua5.4 | sed 's/-I//; s/ //g')"
        let declared = shell(
            "grep -hoE '\\((lua|luaL|luaopen)_[a-z_]+\\) *\\(' \(headers)/l*.h | tr -d '() '")
        let names = Set(declared.split(separator: "\n").map(String.init))
        if names.count < 100 { throw XCTSkip("Lua's headers are not where pkg-config says") }
        let refused = refused()
        XCTAssertEqual(
            names.subtracting(refused).subtracting(permitted).sorted(), [], "neither permitted nor refused")
        XCTAssertEqual(refused.intersection(permitted).sorted(), [], "both permitted and refused")
        XCTAssertEqual(refused.union(permitted).subtracting(names).sorted(), [], "not part of Lua")
    }
}
