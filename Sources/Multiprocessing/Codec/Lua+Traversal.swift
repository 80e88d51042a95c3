import LuaBridge

// `lua_next` raises on a key that is not in the table, so the bridge offers Swift only a checked form, which looks
// the key up first: half of the cost of a small message. While a message is encoded no Lua code runs, so no key can
// vanish.
@_silgen_name("lua_next")
private func nextWithoutCheck(_ state: OpaquePointer, _ index: Int32) -> Int32

extension Lua {
    /// Replaces the key on top of the stack by the next key and its value, or pops it at the end.
    ///
    /// - Precondition: The key is nil or was got from the table, which has not been changed since.
    /// - Returns: Whether there was an entry.
    @inline(__always)
    func nextUnchanged(at index: Int32) -> Bool { nextWithoutCheck(pointer, index) != 0 }
}
