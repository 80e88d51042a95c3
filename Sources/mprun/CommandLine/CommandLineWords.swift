import Glibc

/// The words of the command line as the system passed them: bytes, each word ended by zero, not always UTF-8.
struct CommandLineWords {
    let count: Int32
    let start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// What this process was called with; word 0 is the program.
    static var ofThisProcess: CommandLineWords {
        CommandLineWords(count: CommandLine.argc, start: CommandLine.unsafeArgv)
    }

    /// The word at `position`, which is below `count`.
    subscript(position: Int32) -> UnsafePointer<CChar> {
        UnsafePointer(start[Int(position)].unsafelyUnwrapped)
    }

    /// The word as text for messages, with invalid UTF-8 repaired.
    func text(_ position: Int32) -> String { String(cString: self[position]) }
}
