import Glibc
import InterProcess
import LuaBridge

/// The process that this code runs in, as its Lua object sees it.
enum CurrentProcess {
    private static let object = Registry.Key.currentProcess

    /// In a forked child: what the Lua object that stands for this process holds. It stays as long as the process.
    nonisolated(unsafe) private(set) static var ownState: UnsafeMutablePointer<ProcessState>?

    /// Which child of which child … it is: [2, 1] is the first child of the second child of the main process.
    static var identity: [Int32] { number == 0 ? [] : ancestry + [number] }
    // Apart, so that a child need not make an array.
    nonisolated(unsafe) private static var ancestry: [Int32] = []
    nonisolated(unsafe) private static var number: Int32 = 0
    /// How many Process objects this process has made: the next one's number.
    nonisolated(unsafe) private static var made: Int32 = 0
    nonisolated(unsafe) private(set) static var isDaemon = false
    /// The name that this process has given itself.
    nonisolated(unsafe) static var ownName: String?

    /// Whether it was started by another process of the family.
    static var isChild: Bool { number != 0 }

    /// A number for a new Process object, from 1.
    static func nextNumber() -> Int32 {
        made += 1
        return made
    }

    /// `1:2` for a process of that number made here.
    static func identityText(_ number: Int32) -> String {
        (identity + [number]).map { String($0) }.joined(separator: ":")
    }

    /// In a forked child: it is now the process of the Lua object at `index`.
    static func become(_ lua: Lua, at index: Int32, _ state: UnsafeMutablePointer<ProcessState>) {
        ownState = state
        if isChild { ancestry.append(number) }
        number = state.pointee.number
        made = 0
        ownName = nil
        isDaemon = state.pointee.isDaemon
        lua.pushValue(at: index)
        Registry.set(object, in: lua)
    }

    /// The name that the script sees.
    static func name(_ lua: Lua) -> String {
        defer { lua.pop() }
        guard Registry.push(object, to: lua) == .userdata else { return "MainProcess" }
        return ProcessObject.name(of: -1, in: lua)
    }

    /// Pushes the Process object of this process, making that of the main process the first time.
    static func push(_ lua: Lua) throws(LuaFault) {
        if Registry.push(object, to: lua) == .userdata { return }
        lua.pop()
        try ProcessObject.pushMain(lua)
        lua.pushValue(at: -1)
        Registry.set(object, in: lua)
    }
}

extension Multiprocessing {
    /// The name of this process, as its script sees it: `MainProcess`, `Process-1` or what somebody has chosen.
    public static var processName: String {
        CurrentProcess.ownName ?? (Arena.isMapped ? Family.currentRecord.name : "MainProcess")
    }
}
