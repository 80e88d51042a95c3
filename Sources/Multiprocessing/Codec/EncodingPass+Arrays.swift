import LuaBridge

// Arrays: tables whose keys are exactly 1…n. That has to be checked key by key, so scalars are written in the same go.
extension EncodingPass {
    /// Writes the table on top of the stack as an array if it is one: pops it if that was all, else opens a frame.
    ///
    /// - Parameter length: A border of the table: this position is taken, the next one is free.
    /// - Returns: false, with nothing written, if it is none.
    @inline(__always)
    func openArray(of length: Int, _ frame: Frame) -> Bool {
        // Positions come first in a table, so something after the last one gives most other tables away.
        lua.push(Int64(length))
        if lua.nextUnchanged(at: frame.index) {
            lua.pop(2)
            return false
        }

        let start = state.pointee.out.count
        state.pointee.out.append(arrayOf: length)
        guard let written = writeScalars(of: frame.index),
            hasRest(after: written, of: length, at: frame.index)
        else {
            state.pointee.out.truncate(to: start)
            return false
        }
        if written == length, frame.wrapper == nil {
            lua.pop()
            return true
        }
        var frame = frame
        frame.kind = .array
        frame.count = length
        frame.position = written
        state.pointee.frames.push(frame)
        return true
    }

    /// Writes the values at 1, 2, 3 … as long as they are scalars.
    ///
    /// - Returns: How many it wrote: all there are, or those before the first other value. Nil if a key is out of
    /// place.
    @inline(__always)
    private func writeScalars(of index: Int32) -> Int? {
        var position = 0
        lua.pushNil()
        while lua.nextUnchanged(at: index) {
            guard isKey(position + 1) else {
                lua.pop(2)
                return nil
            }
            if !writeScalar() {
                lua.pop(2)
                return position
            }
            lua.pop()
            position += 1
        }
        return position
    }

    /// Whether the positions after the first `written` are all there, and nothing else is.
    private func hasRest(after written: Int, of length: Int, at index: Int32) -> Bool {
        if written == length { return true }
        var position = written
        if written == 0 { lua.pushNil() } else { lua.push(Int64(written)) }
        while lua.nextUnchanged(at: index) {
            position += 1
            guard isKey(position) else {
                lua.pop(2)
                return false
            }
            lua.pop()
        }
        return position == length
    }

    /// Whether the key of the entry on top of the stack is this position.
    @inline(__always)
    private func isKey(_ position: Int) -> Bool {
        // The conversion takes strings of digits as well.
        lua_tointegerx(lua.pointer, -2, nil) == position && lua.isInteger(at: -2)
    }

    /// Writes the value on top of the stack if it is a scalar.
    @inline(__always)
    func writeScalar() -> Bool { writeScalar(of: lua.type(at: -1)) }

    /// The same for a value whose type is known.
    @inline(__always)
    func writeScalar(of type: LuaType) -> Bool {
        switch type {
        case .number:
            writeNumber(at: -1)
        case .string:
            let bytes = stringBytes(at: -1)
            if bytes.count >= CodecLimits.shortestExternal { return false }
            state.pointee.out.append(string: bytes)
        case .boolean:
            state.pointee.out.append(lua.isTruthy(at: -1))
        default:
            return false
        }
        return true
    }
}
