import Glibc

/// Descriptors 0, 1 and 2 as the process finds them.
enum StandardStreams {
    /// Occupies those that are closed.
    ///
    /// Otherwise the next file opened, the shared memory above all, would become what the script prints to. They are
    /// opened the wrong way round: using them fails as if they were closed, and to programs that the script starts
    /// they are closed.
    static func occupyClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", (descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        }
    }
}
