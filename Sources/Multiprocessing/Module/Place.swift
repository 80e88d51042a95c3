import Glibc
import InterProcess
import LuaBridge

/// Script lines as shared memory keeps them: interned name of the source << 24 | line.
enum Place {
    // The sources a script runs are few: the last one is most often the same. Its name, ended by zero.
    nonisolated(unsafe) private static var lastSource: UnsafeMutablePointer<CChar>?
    nonisolated(unsafe) private static var lastID: UInt64 = 0

    /// Where the innermost Lua function is; 0 if unknown.
    static func current(_ lua: Lua) -> UInt64 {
        let noted = noted(lua)
        if noted != 0 { return noted }
        guard let lastSource else { return slowlyFound(lua) }
        let line = cluabridge_line_in(lua.pointer, lastSource)
        guard line > 0 else { return slowlyFound(lua) }
        let place = value(lastID, line)
        cluabridge_note_call_site(lua.pointer, place)
        return place
    }

    /// The same where it was found before and cannot have changed; 0 if it must be looked for.
    @inline(__always)
    static func noted(_ lua: Lua) -> UInt64 { cluabridge_call_site_note(lua.pointer) }

    private static func slowlyFound(_ lua: Lua) -> UInt64 {
        // If the caller is no script, but a function of Lua's own or of the module, the line is that of who called it.
        let direct = lua.position(level: 1)
        guard let position = direct ?? lua.position else { return 0 }
        // Strings that are loaded are without number, and what is interned stays.
        let isString = position.shortSource.hasPrefix("[string ")
        let name = Array((isString ? "[string]" : position.shortSource).utf8)
        guard let id = name.withUnsafeBytes({ try? InternTable.intern($0) }) else { return 0 }
        if !isString {
            free(lastSource)
            lastSource = strdup(position.shortSource)
            lastID = id
        }
        let place = value(id, position.line)
        if direct != nil { cluabridge_note_call_site(lua.pointer, place) }
        return place
    }

    private static func value(_ id: UInt64, _ line: Int32) -> UInt64 {
        id << 24 | UInt64(UInt32(bitPattern: line) & 0xff_ffff)
    }

    /// `script.lua:12`, or nil for an unknown place.
    static func text(_ place: UInt64) -> String? {
        guard place != 0, let source = InternTable.bytes(place >> 24) else { return nil }
        return "\(String(decoding: source, as: UTF8.self)):\(place & 0xff_ffff)"
    }
}

extension SharedObject {
    /// `'ledger' (bank.lua:3)`, `(bank.lua:3)` or the name alone: how messages speak of an object.
    var label: String {
        let name = name.map { "'\($0)'" }
        let place = Place.text(place).map { "(\($0))" }
        return [name, place].compactMap { $0 }.joined(separator: " ")
    }
}
