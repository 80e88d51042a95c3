// How a process that sleeps in poll(2) is woken by one that makes a shared object ready:
// a datagram to an abstract address that follows from the sleeper's slot and generation.
// An eventfd would be missing in processes forked before it was made.

import CInterProcess
import Glibc

enum PollSocket {
    /// Bound when this process first sleeps in poll(2) or wakes one that does.
    nonisolated(unsafe) private static var socket: Int32 = -1

    /// The descriptor to poll; nil if none can be had, and then the sleeper looks again at the
    /// end of each capped sleep.
    static var descriptor: Int32? {
        if socket < 0 {
            socket = withAddress(of: .current) { ip_bind_datagram($0.baseAddress, $0.count) }
        }
        return socket < 0 ? nil : socket
    }

    /// Forgets all wake-ups so far.
    static func drain() {
        guard socket >= 0 else { return }
        var byte: UInt8 = 0
        while recv(socket, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 {}
    }

    static func wake(_ sleeper: ProcessRef) {
        guard let socket = descriptor else { return }
        // A full buffer or a vanished receiver is fine: the one is awake, the other is dead.
        _ = withAddress(of: sleeper) { ip_send_datagram(socket, $0.baseAddress, $0.count) }
    }

    /// A child must not read its parent's wake-ups.
    static func closeInherited() {
        if socket >= 0 { close(socket) }
        socket = -1
    }

    private static func withAddress<Result>(
        of process: ProcessRef, _ body: (UnsafeBufferPointer<CChar>) -> Result
    ) -> Result {
        let family = String(ArenaHeader.shared.familyID.relaxed(), radix: 16)
        var name = "mprun.\(family).\(process.slot.index).\(process.generation)"
        return name.withUTF8 { $0.withMemoryRebound(to: CChar.self, body) }
    }
}
