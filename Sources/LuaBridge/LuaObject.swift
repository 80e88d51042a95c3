/// A Swift class whose instances Lua code can hold and use.
///
///     final class Account: LuaObject {
///         private(set) var balance = 0
///         func deposit(_ amount: Int) { balance += amount }
///
///         static let luaClass: LuaObjectClass<Account> = LuaObjectClass(
///             "Account",
///             methods: [LuaFunction("deposit") { Lua.apply($0, Account.deposit) }],
///             getters: [LuaFunction("balance") { Lua.apply($0) { (account: Account) in account.balance } }])
///     }
///
/// Instances are passed by reference: a function that takes an `Account` gets the one that Lua code holds, and one that
/// returns an `Account` hands it to Lua. Anything else in the place of an instance is an error that says so.
///
/// A process that is forked has copies of all instances, as of everything else.
public protocol LuaObject: AnyObject, LuaConvertible {
    /// How instances look to Lua: a constant, made once.
    static var luaClass: LuaObjectClass<Self> { get }
}

extension LuaObject {
    /// The instance at `index`.
    @inlinable
    public static func read(_ lua: Lua, at index: Int32) throws(LuaMismatch) -> Self {
        if let object = luaClass.object(lua, at: index) { return object }
        throw luaClass.mismatch(lua, at: index)
    }

    /// Pushes a Lua object that refers to this instance, and keeps it alive until that is collected.
    public func push(to lua: Lua) { Self.luaClass.push(self, to: lua) }
}

/// What Lua code sees of a Swift class. Described once a program; see ``LuaObject``.
///
/// A Lua object refers to an instance, which lives at least as long: until the object is collected or the state closes.
/// So `deinit` is the finalizer. It may run inside any operation that allocates Lua memory, and must not use the state.
/// Two objects that refer to one instance are equal in Lua.
public final class LuaObjectClass<Object: AnyObject>: Sendable {
    /// The payload of a Lua object is the address of the instance, with one reference to it.
    @usableFromInline
    let addresses: LuaClass<UnsafeMutableRawPointer>

    /// Describes a class.
    ///
    /// - Parameters:
    ///   - name: The name that Lua shows.
    ///   - methods: What is called as `object:name(…)`; the object is argument 1.
    ///   - getters: What computes `object.name`.
    ///   - setters: What performs `object.name = value`; see ``Lua/assign(_:_:)``.
    ///   - metamethods: `__tostring`, `__len`, `__close`, … under these names; not `__index`, `__newindex`, `__gc`.
    ///   - scripts: Methods, or under the names of metamethods these, that are written in Lua.
    /// - Precondition: A program has at most 64 classes, those of ``LuaClass`` and of this type together; the
    ///   module `multiprocessing` takes some thirty of them.
    public init(
        _ name: StaticString,
        methods: [LuaFunction] = [],
        getters: [LuaFunction] = [],
        setters: [LuaFunction] = [],
        metamethods: [LuaFunction] = [],
        scripts: [LuaScript] = []
    ) {
        let identity = LuaFunction("__eq") { state in
            let lua = Lua(state.unsafelyUnwrapped)
            lua.push(LuaObjectIdentity.isSame(lua, 1, 2))
            return 1
        }
        addresses = LuaClass(
            name, methods: methods, getters: getters, setters: setters,
            metamethods: [identity] + metamethods, scripts: scripts,
            finalizer: { _, payload in
                let address = payload.load(as: UnsafeMutableRawPointer.self)
                Unmanaged<AnyObject>.fromOpaque(address).release()
            })
    }

    /// The name that Lua shows.
    public var name: StaticString { addresses.name }

    /// Pushes a Lua object that refers to `object`.
    public func push(_ object: Object, to lua: Lua) {
        addresses.push(Unmanaged.passRetained(object).toOpaque(), to: lua)
    }

    /// The instance that the Lua object at `index` refers to, nil if there is anything else.
    @inlinable
    public func object(_ lua: Lua, at index: Int32) -> Object? {
        guard let payload = addresses.object(lua, at: index) else { return nil }
        return Unmanaged<Object>.fromOpaque(payload.pointee).takeUnretainedValue()
    }

    @usableFromInline
    func mismatch(_ lua: Lua, at index: Int32) -> LuaMismatch { addresses.mismatch(lua, at: index) }
}

/// Comparing Lua objects by the instances that they refer to.
private enum LuaObjectIdentity {
    private static let size = MemoryLayout<cluabridge_Header>.size + MemoryLayout<UnsafeRawPointer>.size

    /// `__eq`, of two values anybody may have called it with.
    static func isSame(_ lua: Lua, _ left: Int32, _ right: Int32) -> Bool {
        guard let number = lua.classNumber(at: left), number == lua.classNumber(at: right),
            lua.rawLength(at: left) == size,
            let left = cluabridge_object(lua.pointer, left, number),
            let right = cluabridge_object(lua.pointer, right, number)
        else { return false }
        return left.load(as: UnsafeRawPointer.self) == right.load(as: UnsafeRawPointer.self)
    }
}
