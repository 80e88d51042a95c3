// What a message looks like.
//
// MessagePack, so that any reader understands plain values. What MessagePack cannot say is said by extension types:
//
//     1  back reference     node number, big-endian, 1, 2 or 4 bytes
//     2  graph              one value; only around a whole message, and only if something in it is shared or cyclic
//     3  instance           str: name of the class; map or array: contents
//     4  Lua function       uint: bytecode id; uint: number of upvalues; the upvalues' values
//     5  named function     str: module; str: field
//     6  shared object      8 bytes family, 8 bytes handle, both big-endian
//     7  named value        one letter: the kind; name (see NamedValueKind)
//     8  descriptor         1 byte: which of the descriptors beside the message; 1 byte: what it is
//
// Nodes are what can be shared: tables, instances, Lua functions, upvalues (as variables) and shared objects. They are
// numbered from 1 in the order in which they begin. An upvalue that was seen before is written as a back reference to
// the variable; the reader then joins the two.

/// The extension types of a message.
enum ExtensionType: UInt8 {
    case backReference = 1
    case graph
    case instance
    case luaFunction
    case namedFunction
    case sharedObject
    case namedValue
    case descriptor
}

/// The first byte of a named value: what the name means.
enum NamedValueKind: UInt8 {
    /// `_G`; the name is empty.
    case globals = 0x47  // G
    /// A module, as in `package.loaded[name]`.
    case module = 0x4d  // M
    /// A registered metatable.
    case metatable = 0x43  // C
    /// A standard file: the name of a field of `io`.
    case standardFile = 0x46  // F
}

/// The limits of a message.
enum CodecLimits {
    /// How deep tables and functions may nest. Neither side recurses, so this bounds memory, not the C stack: a level
    /// takes about 64 bytes and three slots of the Lua stack, of which there are a million.
    static let depth = 10_000

    /// Longer strings are always sent as bin: looking whether they are text would cost more than copying them.
    static let longestText = 4096

    /// From this length on, strings are not copied into the encoder's buffer.
    static let shortestExternal = 16 << 10

    /// The most that one `sendmsg` passes (SCM_MAX_FD).
    static let descriptors = 253
}
