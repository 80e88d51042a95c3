// POSIX shared memory: bytes under a name that other programs can open too.
//
// The bytes are a file in /dev/shm. What the family knows of it is a shared object of kind `segment`:
//
//     64    size · 72 its own share (handle entry), while the family has to unlink it · 80 block of the name
//
// A family unlinks what it has made: whoever makes a segment gives the object a share of itself, which goes with
// `unlink`. The main process unlinks, at its end, all that still have one. So a segment outlives its maker and
// everybody who had it open, as in Python, but not the family.
//
// Invariant: what has its own share was made by the family.
//
// A crash leaves: a segment that the main process unlinks. The file stays if its maker is killed in the instant
// between making and noting it, and if the main process is killed, as there is nobody left to remove it.

import CInterProcess
import Glibc

/// A segment of POSIX shared memory.
public struct SegmentStorage {
    /// The object of kind `segment`.
    public let object: SharedObject

    /// The segment that an object is.
    ///
    /// - Parameter object: of kind `segment`.
    public init(_ object: SharedObject) { self.object = object }

    /// Why a segment could not be made, opened or unlinked.
    public enum Failure: Error {
        /// The system refused.
        case system(SystemError)
        /// There is no shared memory for the object that stands for the segment.
        case memory(SharedMemoryExhausted)
    }

    /// A segment mapped into this process.
    public struct Mapping: BitwiseCopyable {
        /// Its first byte.
        public let base: UnsafeMutableRawPointer
        /// How many bytes there are.
        public let size: Int

        /// Gives the addresses back.
        public func unmap() { munmap(base, size) }
    }

    private var sizeWord: SharedWord { object.word(64) }
    private var ownShare: SharedWord { object.word(72) }
    private var nameWord: SharedWord { object.word(80) }

    /// Its name, without the slash in front.
    public var segmentName: String {
        String(decoding: Envelope(owner: nameWord).bytes, as: UTF8.self)
    }

    /// How many bytes it has.
    public var size: Int { Int(sizeWord.relaxed()) }

    func destroyContents() { if nameWord.relaxed() != 0 { Envelope(owner: nameWord).free() } }

    /// Makes a segment.
    ///
    /// - Parameters:
    ///   - segmentName: without a slash; nil for a new one.
    ///   - size: bytes, at least 1.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    public static func create(
        segmentName: String?, size: Int, name: String? = nil, place: UInt64 = 0
    ) throws(Failure) -> (SegmentStorage, Mapping) {
        while true {
            let chosen = segmentName ?? "mprun_" + String(UInt64.random(in: .min ... .max), radix: 36)
            let segment = try makeObject(chosen, name, place)
            let descriptor = shm_open("/" + chosen, O_CREAT | O_EXCL | O_RDWR, 0o600)
            let error = errno
            if descriptor < 0 {
                HandleTable.release(segment.object)
                if segmentName == nil, error == EEXIST { continue }
                throw .system(SystemError(code: error, doing: "creating shared memory '\(chosen)'"))
            }
            // Only now: before, the name may be another program's.
            _ = HandleTable.own(segment.object.handle, in: segment.ownShare)
            defer { close(descriptor) }
            do throws(Failure) {
                // Taken now, so that no later store can find the system out of memory.
                let failure = posix_fallocate(descriptor, 0, off_t(size))
                if failure != 0 { throw .system(SystemError(code: failure, doing: "creating shared memory")) }
                let mapping = try map(descriptor, size)
                segment.sizeWord.store(UInt64(size))
                return (segment, mapping)
            } catch {
                shm_unlink("/" + chosen)
                segment.forget()
                HandleTable.release(segment.object)
                throw error
            }
        }
    }

    /// Opens a segment that there is.
    public static func open(
        segmentName: String, name: String? = nil, place: UInt64 = 0
    ) throws(Failure) -> (SegmentStorage, Mapping) {
        let mapping = try map(named: segmentName)
        let segment: SegmentStorage
        do throws(Failure) {
            segment = try makeObject(segmentName, name, place)
        } catch {
            mapping.unmap()
            throw error
        }
        segment.sizeWord.store(UInt64(mapping.size))
        return (segment, mapping)
    }

    /// Maps the segment into this process.
    public func map() throws(Failure) -> Mapping { try Self.map(named: segmentName) }

    private static func makeObject(_ segmentName: String, _ name: String?, _ place: UInt64) throws(Failure)
        -> SegmentStorage
    {
        do throws(SharedMemoryExhausted) {
            let segment = SegmentStorage(try HandleTable.create(.segment, name: name, place: place) { _ in })
            do throws(SharedMemoryExhausted) {
                try segment.setSegmentName(segmentName)
                return segment
            } catch {
                HandleTable.release(segment.object)
                throw error
            }
        } catch { throw .memory(error) }
    }

    private func setSegmentName(_ text: String) throws(SharedMemoryExhausted) {
        let bytes = Array(text.utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        let content = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<bytes.count])
        let envelope = try Message.withOnePiece(content) { message throws(SharedMemoryExhausted) in
            try Envelope.make(message)
        }
        SharedHeap.move(from: envelope.owner, leaving: 0, into: nameWord)
    }

    private static func map(named name: String) throws(Failure) -> Mapping {
        let descriptor = shm_open("/" + name, O_RDWR, 0)
        guard descriptor >= 0 else {
            throw .system(SystemError(code: errno, doing: "opening shared memory '\(name)'"))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(SystemError(code: errno, doing: "opening shared memory '\(name)'"))
        }
        guard status.st_size > 0 else {
            // Somebody is just making it.
            throw .system(
                SystemError(code: EAGAIN, doing: "opening shared memory '\(name)', which has no size yet"))
        }
        return try map(descriptor, Int(status.st_size))
    }

    private static func map(_ descriptor: Int32, _ size: Int) throws(Failure) -> Mapping {
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw .system(SystemError(code: errno, doing: "mapping shared memory"))
        }
        return Mapping(base: address, size: size)
    }

    // MARK: Unlinking

    /// Removes the name: who has the segment open keeps it, nobody can open it any more.
    public func unlink() throws(Failure) {
        let name = segmentName
        if shm_unlink("/" + name) != 0 {
            throw .system(SystemError(code: errno, doing: "unlinking shared memory '\(name)'"))
        }
        // Most often it is this object that the family would unlink; but another may have made it.
        if ownShare.load() != 0 { return forget() }
        Self.forEachToUnlink { segment in
            if segment.segmentName == name { segment.forget() }
        }
    }

    /// The family does not unlink it any more.
    private func forget() { HandleTable.disown(ownShare) }

    /// Calls `body` with all that the family has to unlink, each held meanwhile.
    private static func forEachToUnlink(_ body: (SegmentStorage) -> Void) {
        for index in 0..<Int(ArenaHeader.shared.nextFreshObject.load()) {
            let found = SharedObject(index: index)
            guard found.kind == .segment, let object = try? HandleTable.adopt(found.handle) else { continue }
            let segment = SegmentStorage(object)
            if object.kind == .segment, segment.ownShare.load() != 0 { body(segment) }
            HandleTable.release(object)
        }
    }

    /// For the end of the main process: unlinks what the family has made and nobody has unlinked.
    ///
    /// - Returns: the names of the segments.
    public static func unlinkAll() -> [String] {
        var names: [String] = []
        forEachToUnlink { segment in
            let name = segment.segmentName
            if shm_unlink("/" + name) == 0 { names.append(name) }
            segment.forget()
        }
        return names
    }
}
