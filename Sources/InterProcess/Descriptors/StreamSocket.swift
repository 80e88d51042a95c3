import CInterProcess
import Glibc

/// A Unix stream socket, used without ever blocking in the kernel: blocking is `Waiting`'s business.
/// The descriptor's file may be shared with other processes, so it is not switched to O_NONBLOCK;
/// each call says so itself.
public struct StreamSocket: BitwiseCopyable, Sendable {
    /// The descriptor of an open socket in this process.
    public let descriptor: Int32

    /// Wraps a descriptor.
    ///
    /// - Parameter descriptor: an open stream socket; whoever makes the value keeps the duty to close it.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// How an attempt to move bytes ended.
    enum Transfer {
        case moved(Int)
        /// Nothing can be moved now.
        case wouldBlock
        /// The other end is closed.
        case ended
        case failed(Int32)

        init(_ result: Int) {
            switch Int32(truncatingIfNeeded: result) {
            case _ where result > 0: self = .moved(result)
            case 0, -EPIPE, -ECONNRESET: self = .ended
            case -EAGAIN, -EWOULDBLOCK: self = .wouldBlock
            case let error: self = .failed(-error)
            }
        }
    }

    /// Two sockets, connected to each other; close-on-exec.
    public static func pair() throws(SystemError) -> (StreamSocket, StreamSocket) {
        var descriptors: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &descriptors) {
            ip_socket_pair($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard result == 0 else { throw SystemError(code: -result, doing: "making a pipe") }
        return (StreamSocket(descriptor: descriptors.0), StreamSocket(descriptor: descriptors.1))
    }

    /// Sends what fits now; the descriptors go with the first byte.
    func send(_ parts: UnsafeBufferPointer<iovec>, with descriptors: [Int32]) -> Transfer {
        Transfer(ip_send(descriptor, parts.baseAddress, parts.count, descriptors, descriptors.count))
    }

    /// Copies what would be received next, at most `target.count` bytes, and leaves it there.
    func peek(into target: UnsafeMutableRawBufferPointer) -> Transfer {
        Transfer(ip_peek(descriptor, target.baseAddress, target.count))
    }

    /// Receives what is there now, into one part after the other; descriptors that come along are appended.
    ///
    /// - Parameter lost: set if descriptors came that this process has no room for.
    func receive(
        into parts: UnsafeBufferPointer<iovec>, _ descriptors: inout [Int32], _ lost: inout Bool
    ) -> Transfer {
        withUnsafeTemporaryAllocation(of: ip_received_descriptors.self, capacity: 1) { received in
            let result = ip_receive(descriptor, parts.baseAddress, parts.count, received.baseAddress)
            guard result >= 0, let received = received.baseAddress else { return Transfer(result) }
            if received.pointee.count > 0 {
                withUnsafeBytes(of: &received.pointee.fds) { fds in
                    descriptors += fds.assumingMemoryBound(to: Int32.self).prefix(received.pointee.count)
                }
            }
            if received.pointee.incomplete { lost = true }
            return Transfer(result)
        }
    }

    /// Whether there is something to receive, the end of the stream included.
    var hasInput: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// No more can be received (`SHUT_RD`) or sent (`SHUT_WR`) by any process that has this end.
    func shutDown(_ direction: Int) { _ = Glibc.shutdown(descriptor, Int32(direction)) }

    /// Closes this process's descriptor; copies in other processes stay open.
    public func close() { _ = Glibc.close(descriptor) }
}
