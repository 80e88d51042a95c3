/// A place in a Lua source.
public struct LuaPosition: CustomStringConvertible {
    private let place: cluabridge_Position

    init(_ place: cluabridge_Position) {
        self.place = place
    }

    /// The line, from 1.
    public var line: Int32 { place.line }

    /// The name of the chunk as it was given to `load`, `@` or `=` included.
    ///
    /// Valid while the function that was running there is alive: compare or copy it at once.
    public var source: UnsafePointer<CChar> { place.source.unsafelyUnwrapped }

    /// `script.lua:12`.
    public var description: String { "\(shortSource):\(line)" }

    /// The printable form of the source: `script.lua`, `[string "…"]`, `stdin`; at most 59 bytes.
    public var shortSource: String {
        withUnsafeBytes(of: place.short_source) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Copies the printable form of the source to `buffer`, cut to its size.
    ///
    /// - Returns: The number of bytes copied.
    public func copyShortSource(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        withUnsafeBytes(of: place.short_source) { name in
            let name = name.prefix { $0 != 0 }.prefix(buffer.count)
            buffer.copyBytes(from: name)
            return name.count
        }
    }
}

extension Lua {
    /// The position of the function at `level`: 0 is the running function, 1 its caller, and so on. Nil if
    /// that is not written in Lua, and beyond the end of the stack.
    public func position(level: Int32) -> LuaPosition? {
        var place = cluabridge_Position()
        return cluabridge_position_at(pointer, level, &place) ? LuaPosition(place) : nil
    }

    /// The position of the innermost function written in Lua. Allocates nothing.
    public var position: LuaPosition? {
        var place = cluabridge_Position()
        return cluabridge_position(pointer, &place) ? LuaPosition(place) : nil
    }
}
