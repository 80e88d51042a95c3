// A lock whose owner died: who that was, and making it free again.

import CInterProcess
import Glibc

extension LockStorage {
    /// Who held the lock and died.
    public struct Culprit {
        /// The name of the process, cut to 32 bytes.
        public let name: String
        /// Its process id, 0 if unknown.
        public let pid: pid_t
        /// Exit code or minus the signal, nil if unknown.
        public let exitCode: Int32?
    }

    private static let exitKnown: UInt64 = 1 << 32
    private static let nameBytes = 32

    private var culpritPid: SharedWord { object.word(128) }
    private var culpritExit: SharedWord { object.word(136) }
    private var culpritNameLength: SharedWord { object.word(144) }
    private var culpritName: UnsafeMutableRawPointer { object.base + 152 }
    private var culpritRef: SharedWord { object.word(184) }

    /// Makes a lock free whose owner has died. Returns false if it is not in that state.
    public func recover() -> Bool {
        let seen = owner.load()
        guard seen != 0, !ProcessRef(rawValue: seen & ~Self.briefBit).isAlive else { return false }
        guard owner.compareExchange(seen, 0) else { return false }
        waiters.wakeAll()
        return true
    }

    /// Who held the lock and died. If the sweep has not been there yet, it is made now.
    public var culprit: Culprit {
        let ref = ProcessRef(rawValue: owner.load())
        if ref.rawValue != 0, ref.slot.isDead, ref.slot.generation == ref.generation {
            Sweeper.sweep(ref.slot)
        }
        // The note may be about one before, or not be there: who holds very many locks does not list them all.
        guard culpritRef.load() == ref.rawValue else { return Culprit(name: "", pid: 0, exitCode: nil) }
        let length = min(Int(culpritNameLength.relaxed()), Self.nameBytes)
        let name = String(decoding: UnsafeRawBufferPointer(start: culpritName, count: length), as: UTF8.self)
        let exit = culpritExit.relaxed()
        return Culprit(
            name: name, pid: pid_t(truncatingIfNeeded: culpritPid.relaxed()),
            exitCode: exit & Self.exitKnown == 0 ? nil : Int32(truncatingIfNeeded: exit))
    }

    /// Called by the sweep: if `dead` holds the lock, writes down who that was.
    func noteDeath(of dead: ProcessRef, _ record: ProcessRecord?) {
        guard owner.load() == dead.rawValue else { return }
        culpritPid.storeRelaxed(UInt64(record?.pid ?? 0))
        culpritExit.storeRelaxed(
            record?.exitCode.map { Self.exitKnown | UInt64(UInt32(bitPattern: $0)) } ?? 0)
        let name = Array((record?.name ?? "a process").utf8.prefix(Self.nameBytes))
        culpritName.copyMemory(from: name, byteCount: name.count)
        culpritNameLength.storeRelaxed(UInt64(name.count))
        culpritRef.store(dead.rawValue)
        waiters.wakeAll()
    }
}
