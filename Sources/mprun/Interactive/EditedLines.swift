import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// Lines typed into a terminal with a line editor: cursor keys, history, names completed by Tab.
///
/// The editor is given the characters one by one and has no signal handlers of its own. So a process at its prompt serves
/// the requests of its family, and signals act as they do elsewhere.
struct EditedLines: LineSource {
    private let library: LineEditorLibrary
    private let terminal: Terminal
    private let history: History

    // The editor's functions get no context, so there is one session in a process.
    nonisolated(unsafe) private static var library: LineEditorLibrary?
    nonisolated(unsafe) private static var line: InputLine?
    /// Whether the editor has left the terminal, since the line was complete.
    nonisolated(unsafe) private static var hasGivenBack = false
    nonisolated(unsafe) private static var isSuspending = false
    nonisolated(unsafe) private static var latest: [UInt8] = []

    /// nil if standard input or output is no terminal, and where there is no editor.
    init?(_ lua: Lua, history: History, ignoringEnvironment: Bool) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let terminal = Terminal(),
            let library = LineEditorLibrary.load(ignoringEnvironment: ignoringEnvironment)
        else { return nil }
        self.library = library
        self.terminal = terminal
        self.history = history
        EditedLines.library = library
        library.variable("rl_catch_signals", as: Int32.self)?.pointee = 0
        library.variable("rl_outstream", as: UnsafeMutableRawPointer?.self)?.pointee = ip_terminal_output()
        _ = library.initialise()
        bindKeys()
        Completion.install(in: library, for: lua)
        for line in history.load() { offer(line) }
    }

    private func bindKeys() {
        if Terminal.isSet(terminal.interrupt) {
            bind("cancel-line", to: terminal.interrupt) { _, _ in
                EditedLines.line = .cancelled
                return 0
            }
        }
        if Terminal.isSet(terminal.suspend) {
            bind("suspend", to: terminal.suspend) { _, _ in
                EditedLines.isSuspending = true
                return 0
            }
        }
    }

    private func bind(
        _ name: String, to character: UInt8, _ command: LineEditorLibrary.Command
    ) {
        _ = library.bind(name, command, Int32(character))
    }

    func readLine(prompt: [UInt8]) -> InputLine {
        ip_flush_streams()
        EditedLines.line = nil
        EditedLines.hasGivenBack = false
        // Settings may have changed while a statement ran.
        let terminal = Terminal() ?? terminal
        terminal.passInterruptAndSuspend()
        defer { terminal.restore() }
        (prompt + [0]).withUnsafeBufferPointer { prompt in
            prompt.withMemoryRebound(to: CChar.self) {
                library.install($0.baseAddress, EditedLines.handle)
            }
        }
        while EditedLines.line == nil {
            takeCharacter()
            if EditedLines.isSuspending { suspend(terminal) }
        }
        let line = EditedLines.line.unsafelyUnwrapped
        if !EditedLines.hasGivenBack {
            library.remove()
            if case .cancelled = line { ip_show("\n", 1) }
        }
        return line
    }

    /// Waits for a character, or for something else to do, and does it.
    private func takeCharacter() {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let hour: UInt64 = 3_600_000_000_000
        if ip_poll(&input, 1, hour) > 0 {
            library.readCharacter()
        } else if !Attention.serve() {
            EditedLines.line = .interrupted()
        }
    }

    /// Ctrl-Z: stops the processes of the terminal, as it does elsewhere, while the terminal is as it was.
    private func suspend(_ terminal: Terminal) {
        EditedLines.isSuspending = false
        library.leaveTerminal()
        terminal.restore()
        kill(0, SIGTSTP)
        terminal.passInterruptAndSuspend()
        library.takeTerminal(1)
        _ = library.redisplay()
    }

    /// The line is complete, or the input is at its end. Gives the terminal back here, otherwise the prompt comes again.
    private static let handle: LineEditorLibrary.LineHandler = { text in
        library?.remove()
        hasGivenBack = true
        guard let text else {
            line = .end
            return
        }
        line = .text(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
        free(text)
    }

    func remember(_ line: [UInt8]) {
        guard !line.isEmpty, line != EditedLines.latest else { return }
        offer(line)
        history.append(line)
    }

    /// Makes the editor offer a line again.
    private func offer(_ line: [UInt8]) {
        EditedLines.latest = line
        (line + [0]).withUnsafeBufferPointer { line in
            line.withMemoryRebound(to: CChar.self) { library.addHistory($0.baseAddress) }
        }
    }
}
