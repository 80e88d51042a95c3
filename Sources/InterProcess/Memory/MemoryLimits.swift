import Glibc

/// How much memory this machine, the control group and the user's limits let a family have.
enum MemoryLimits {
    /// Half of the smaller of physical memory and the control group's limit.
    static func defaultBudget() -> Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(physical, controlGroupLimit() ?? physical) / 2
    }

    /// Bytes of addresses a process may use (`ulimit -v`), nil if there is no limit.
    static func addressSpace() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max
        else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// The smallest limit of this process's control group and those above it.
    private static func controlGroupLimit() -> Int? {
        var limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
            .compactMap(integer(inFile:))
        var path = ownControlGroup()
        while let slash = path.lastIndex(of: "/"), path != "/" {
            if let limit = integer(inFile: "/sys/fs/cgroup\(path)/memory.max") { limits.append(limit) }
            path = String(path[..<slash])
        }
        return limits.min()
    }

    /// The path of the unified hierarchy's group, as in `0::/user.slice/…`.
    private static func ownControlGroup() -> String {
        let line = text(ofFile: "/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
        return line.map { String($0.dropFirst(3)) } ?? "/"
    }

    private static func integer(inFile path: String) -> Int? {
        text(ofFile: path).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    /// The first 4 KiB of a file.
    private static func text(ofFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let length = read(descriptor, buffer.baseAddress, buffer.count)
            return length > 0 ? String(decoding: buffer.prefix(length), as: UTF8.self) : nil
        }
    }
}
