/// A class of userdata: described once per program, installed once per state.
///
///     static let type: LuaClass<Counter> = LuaClass(
///         "Counter",
///         methods: [
///             LuaFunction("add") { Lua.run($0, add) }
///         ],
///         getters: [
///             LuaFunction("value") { Lua.run($0, value) }
///         ])
///
/// (The type is annotated because the bodies refer to the constant that they are part of.)
///
/// An object carries its payload inline: plain memory that Lua frees. What the payload stands for is let go
/// of by the finalizer, which runs at most once, when the object is collected or the state closes. Afterwards
/// no method accepts the object.
///
/// Objects are recognised by the identity of their metatable, never by names.
public final class LuaClass<Payload: BitwiseCopyable>: Sendable {
    /// The name that Lua shows: `__name`, error messages.
    public let name: StaticString
    /// What is called as `object:name(…)`.
    public let methods: [LuaFunction]
    /// What computes `object.name`; the object is at 1.
    public let getters: [LuaFunction]
    /// What performs `object.name = value`; the object is at 1, the value at 3.
    public let setters: [LuaFunction]

    /// Distinguishes the classes of a program, from 0; see ``Lua/classNumber(at:)``.
    public let number: Int32
    let metamethods: [LuaFunction]
    let index: LuaBody?
    let newIndex: LuaBody?
    let finalizer: cluabridge_Finalizer?
    let userValues: Int32
    let scripts: [LuaScript]
    let advice: NameAdvice?

    /// Describes a class.
    ///
    /// - Parameters:
    ///   - name: The name that Lua shows.
    ///   - methods: What is called as `object:name(…)`; the object is argument 1.
    ///   - getters: What computes `object.name`.
    ///   - setters: What performs `object.name = value`. Assigning to anything else is an error that says
    ///     why.
    ///   - metamethods: `__tostring`, `__len`, `__close`, … under these names; not `__index`, `__newindex`,
    ///     `__gc`.
    ///   - index: Computes `object[key]`, key at 2, where key is neither a method nor a getter.
    ///   - newIndex: Performs `object[key] = value`, value at 3, where key is not a setter.
    ///   - scripts: Methods, or under the names of metamethods these, that are written in Lua.
    ///   - advice: If given, even empty, reading a name that the class does not have is an error, which names the
    ///     nearest one, or says this instead. Without it such a name is nil. An `index` decides for itself.
    ///   - userValues: How many Lua values each object holds beside its payload.
    ///   - finalizer: Lets go of what the payload stands for. It gets the payload, and must not fail.
    /// - Precondition: A program has at most 64 classes; a payload is aligned to at most 8 bytes.
    public init(
        _ name: StaticString,
        methods: [LuaFunction] = [],
        getters: [LuaFunction] = [],
        setters: [LuaFunction] = [],
        metamethods: [LuaFunction] = [],
        index: LuaBody? = nil,
        newIndex: LuaBody? = nil,
        scripts: [LuaScript] = [],
        advice: NameAdvice? = nil,
        userValues: Int32 = 0,
        finalizer: (@convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer) -> Void)? = nil
    ) {
        precondition(MemoryLayout<Payload>.alignment <= 8, "userdata is aligned to 8 bytes")
        number = cluabridge_new_class()
        precondition(number >= 0, "a program has at most \(CLUABRIDGE_CLASS_LIMIT) classes")
        self.name = name
        self.methods = methods
        self.getters = getters
        self.setters = setters
        self.metamethods = metamethods
        self.index = index
        self.newIndex = newIndex
        self.scripts = scripts
        self.advice = advice
        self.userValues = userValues
        self.finalizer = finalizer
    }
}

extension LuaClass {
    /// Pushes a new object with that payload.
    ///
    /// - Returns: The payload inside the object; valid while the object is alive.
    @discardableResult
    public func push(_ payload: Payload, to lua: Lua) -> UnsafeMutablePointer<Payload> {
        install(in: lua)
        let memory = cluabridge_new_object(lua.pointer, number, userValues)
        let payloadInside = memory.bindMemory(to: Payload.self, capacity: 1)
        payloadInside.initialize(to: payload)
        return payloadInside
    }

    /// The payload of the object at `position`.
    ///
    /// - Throws: ``LuaFault/argument(_:_:)`` `Queue expected, got table` if it is anything else.
    @inlinable
    public func check(_ lua: Lua, at position: Int32) throws(LuaFault) -> UnsafeMutablePointer<Payload> {
        if let payload = object(lua, at: position) { return payload }
        throw mismatch(lua, at: position)
    }

    /// The payload of the object at `index`, or nil if it is anything else.
    @inlinable
    public func object(_ lua: Lua, at index: Int32) -> UnsafeMutablePointer<Payload>? {
        cluabridge_object(lua.pointer, index, number)?.assumingMemoryBound(to: Payload.self)
    }

    /// The error for an argument that is no object of this class.
    @usableFromInline
    func mismatch(_ lua: Lua, at position: Int32) -> LuaFault {
        .argument(position, mismatch(lua, at: position).description)
    }

    /// What is there in the place of an object of this class.
    func mismatch(_ lua: Lua, at index: Int32) -> LuaMismatch {
        if cluabridge_is_finalized(lua.pointer, index, number) {
            return LuaMismatch(expected: "\(name)", actual: "a \(name) that was collected already")
        }
        return LuaMismatch(
            expected: "\(name)", actual: lua.typeName(at: index), note: index == 1 ? colonHint(lua) : nil)
    }

    /// `did you mean p:start()?` if a method was probably called with a dot.
    private func colonHint(_ lua: Lua) -> String? {
        var asMethod = false
        guard let called = cluabridge_called_as(lua.pointer, &asMethod), !asMethod else { return nil }
        let function = String(cString: called)
        let known = (methods.map(\.name) + scripts.map(\.name)).map(\.description)
        let object = name.description.prefix(1).lowercased()
        if function == "for iterator", known.contains("items") { return "did you mean \(object):items()?" }
        return known.contains(function) ? "did you mean \(object):\(function)()?" : nil
    }
}
