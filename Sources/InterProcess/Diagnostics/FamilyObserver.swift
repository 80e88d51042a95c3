import CInterProcess
import Glibc

/// A look at a family from outside: nothing is taken, nothing is waited for, no lock is held.
public enum FamilyObserver {
    /// How long processes have to tell where their scripts are.
    private static let patience: UInt64 = 500_000_000

    /// Maps the shared memory of the family that a process belongs to. For a process that has no family itself.
    ///
    /// - Throws: ENOENT if the process has none, ESRCH if it is not there, EACCES if it is somebody else's.
    public static func attach(to pid: pid_t) throws(SystemError) {
        let doing = "looking into process \(pid)"
        guard kill(pid, 0) == 0 else { throw SystemError(code: errno, doing: doing) }
        let directory = "/proc/\(pid)/fd"
        guard let entries = opendir(directory) else { throw SystemError(code: errno, doing: doing) }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let path = "\(directory)/\(name)"
            guard let target = readLink(path), target.hasPrefix("/memfd:mprun") else { continue }
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemError(code: errno, doing: doing) }
            if try Arena.observe(descriptor) { return }
            close(descriptor)
        }
        throw SystemError(code: ENOENT, doing: doing)
    }

    private static func readLink(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            let count = readlink(path, buffer.baseAddress.unsafelyUnwrapped, 255)
            guard count > 0 else { return nil }
            buffer[count] = 0
            return String(cString: buffer.baseAddress.unsafelyUnwrapped)
        }
    }

    /// All live processes, the main process first, each with its script's traceback; nil where a process did not tell in time,
    /// since it is in code that is not Lua's or stopped.
    public static func processes() -> [(process: ProcessView, traceback: String?)] {
        let slots = Slot.everUsed.filter { $0.phase == .live && !$0.isDead }
        let requests = slots.map { slot -> (Slot, UInt64) in
            let number = slot.traceback.ask()
            slot.ask(.traceback)
            let pid = pid_t(truncatingIfNeeded: slot.pid.load())
            if pid > 0 { kill(pid, ip_request_signal()) }
            return (slot, number)
        }
        let end = Clock.now + patience
        while Clock.now < end, requests.contains(where: { $0.0.traceback.answer(to: $0.1) == nil }) {
            usleep(1000)
        }
        let main = ArenaHeader.shared.mainProcess.load()
        return requests.compactMap { slot, number in
            ProcessView(slot).map { ($0, slot.traceback.answer(to: number)) }
        }.sorted { $0.process.ref.rawValue == main && $1.process.ref.rawValue != main }
    }
}
