import CCommand
import Glibc

/// The settings of the terminal that standard input is, to be put back.
///
/// At a prompt Ctrl-C is about the line that is being typed. As a signal it would reach every process on the terminal and
/// end the children, so meanwhile it is a character.
struct Terminal {
    private let before: termios
    /// The character that interrupts, Ctrl-C as a rule.
    let interrupt: UInt8
    /// The character that suspends, Ctrl-Z as a rule.
    let suspend: UInt8

    /// The settings as they are; nil if standard input is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        interrupt = settings[VINTR]
        suspend = settings[VSUSP]
    }

    /// Whoever reads lines gets Ctrl-C as the end of one.
    func endLinesAtInterrupt() {
        var settings = before
        settings[VINTR] = Terminal.none
        settings[VEOL2] = interrupt
        change(to: settings)
    }

    /// Whoever reads single characters gets Ctrl-C and Ctrl-Z as such.
    func passInterruptAndSuspend() {
        var settings = before
        settings[VINTR] = Terminal.none
        settings[VSUSP] = Terminal.none
        change(to: settings)
    }

    /// Puts the settings back.
    func restore() {
        apply(before)
        command_unguard_terminal()
    }

    private func change(to settings: termios) {
        var before = before
        command_guard_terminal(&before)
        apply(settings)
    }

    private func apply(_ settings: termios) {
        var settings = settings
        // In the background this would stop the process; there the terminal is somebody else's.
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
        while tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) != 0, errno == EINTR {}
    }

    /// Whether a control character has this meaning at all.
    static func isSet(_ character: UInt8) -> Bool { character != none }

    /// _POSIX_VDISABLE: no character.
    private static let none: UInt8 = 0
}

extension termios {
    /// The control character at `place`, one of VINTR, VSUSP …
    fileprivate subscript(place: Int32) -> UInt8 {
        get { withUnsafeBytes(of: c_cc) { $0[Int(place)] } }
        set { withUnsafeMutableBytes(of: &c_cc) { $0[Int(place)] = newValue } }
    }
}
