import CInterProcess

/// What the command offers to whoever asks why nothing moves.
enum Diagnostics {
    private static let program: StaticString = "mprun"
    private static let option: StaticString = "--dump"

    /// From now on Ctrl-\ shows the family, as `--dump` does.
    static func showOnQuit() {
        program.withUTF8Buffer { program in
            option.withUTF8Buffer { option in
                // Constants: they stay where they are.
                ip_show_on_quit(
                    UnsafeRawPointer(program.baseAddress.unsafelyUnwrapped).assumingMemoryBound(
                        to: CChar.self),
                    UnsafeRawPointer(option.baseAddress.unsafelyUnwrapped).assumingMemoryBound(to: CChar.self)
                )
            }
        }
    }
}
