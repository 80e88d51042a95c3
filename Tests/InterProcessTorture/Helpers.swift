import Glibc
import InterProcess

/// Starts a process that runs `body` and leaves with status 0.
func spawn(_ body: () throws -> Void) -> ChildProcess {
    do {
        switch try ChildProcess.fork(name: "torture", isDaemon: true) {
        case .parent(let child): return child
        case .child:
            do {
                try body()
                ChildProcess.exit(0)
            } catch {
                print("# child failed: \(error)")
                ChildProcess.exit(1)
            }
        }
    } catch {
        fatalError("fork: \(error)")
    }
}

extension ChildProcess {
    func kill() { Glibc.kill(pid, SIGKILL) }

    /// The signals of children that were finished and had ended with one that nobody sends here.
    nonisolated(unsafe) private(set) static var crashes: [Int32] = []

    /// Reaps it and gives its record back.
    @discardableResult
    func finish() -> Int32? {
        guard case .ready = join(until: .after(seconds: 20)) else { return nil }
        let code = record.exitCode
        if let code, [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV].contains(-code) {
            Self.crashes.append(-code)
        }
        HandleTable.release(record.object)
        return code
    }
}

extension QueueStorage {
    func put(_ bytes: [UInt8], handles: [Handle] = [], until deadline: Deadline = .never) throws
        -> QueueOutcome
    {
        try bytes.withUnsafeBytes { piece in
            var piece = piece
            return try withUnsafePointer(to: &piece) {
                try put(
                    Message(pieces: UnsafeBufferPointer(start: $0, count: 1), handles: handles),
                    until: deadline)
            }
        }
    }

    func put(integer: UInt64) throws -> QueueOutcome {
        try put(withUnsafeBytes(of: integer) { Array($0) })
    }
}

/// Private memory that forked children share with their parent, apart from the arena under test.
func sharedCounters(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let address = mmap(
        nil, count * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return address!.assumingMemoryBound(to: UInt32.self)
}

func pause(microseconds: UInt32) { usleep(microseconds) }
