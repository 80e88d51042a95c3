import Glibc

/// How much memory this machine, or the control group, lets a family have.
enum MemoryLimits {
    /// Half of the smaller of physical memory and the control group's limit.
    static func defaultBudget() -> Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(physical, controlGroupLimit() ?? physical) / 2
    }

    private static func controlGroupLimit() -> Int? {
        for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
            if let limit = integer(inFile: path) { return limit }
        }
        return nil
    }

    private static func integer(inFile path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            let length = read(descriptor, buffer.baseAddress, buffer.count)
            let digits = buffer.prefix(max(0, length)).prefix { (0x30...0x39).contains($0) }
            return Int(String(decoding: digits, as: UTF8.self))
        }
    }
}
