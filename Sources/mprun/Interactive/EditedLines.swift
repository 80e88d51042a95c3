import CCommand
import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// Lines typed into a terminal with a line editor: cursor keys, history, names completed by Tab.
///
/// The editor is given the characters one by one and has no signal handlers of its own. So a process at its prompt serves
/// the requests of its family, and signals act as they do elsewhere.
struct EditedLines: LineSource {
    private let lua: Lua
    private let library: LineEditorLibrary
    private let terminal: Terminal
    private let history: History

    // The editor's functions get no context, so there is one session in a process.
    nonisolated(unsafe) private static var line: InputLine?
    /// Whether the editor has left the terminal, since the line was complete.
    nonisolated(unsafe) private static var hasGivenBack = false
    nonisolated(unsafe) private static var isSuspending = false
    nonisolated(unsafe) private static var latest: [UInt8] = []
    /// What `$if` in the user's settings asks for. The editor keeps it.
    nonisolated(unsafe) private static let programName = UnsafePointer(strdup("mprun").unsafelyUnwrapped)

    /// nil if standard input or output is no terminal, and where there is no editor.
    init?(_ lua: Lua, history: History, ignoringEnvironment: Bool) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let terminal = Terminal(),
            let library = LineEditorLibrary.load(ignoringEnvironment: ignoringEnvironment)
        else { return nil }
        self.lua = lua
        self.library = library
        self.terminal = terminal
        self.history = history
        // Without it libedit takes bytes for characters, and what is not ASCII for nothing.
        setlocale(LC_CTYPE, "")
        library.variable("rl_readline_name", as: UnsafePointer<CChar>.self)?.pointee = EditedLines.programName
        library.variable("rl_catch_signals", as: Int32.self)?.pointee = 0
        library.variable("rl_outstream", as: UnsafeMutablePointer<FILE>?.self)?.pointee =
            command_plain_stdout()
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
        // In vi's style, commands have keys of their own.
        if let bindIn = library.bindInKeymap, let keymap = library.viCommandKeymap {
            _ = bindIn(Int32(character), command, keymap)
        }
    }

    func readLine(prompt: [UInt8]) -> InputLine {
        ip_flush_streams()
        EditedLines.line = nil
        EditedLines.hasGivenBack = false
        // Settings may have changed while a statement ran.
        let terminal = Terminal() ?? terminal
        terminal.passInterruptAndSuspend()
        defer { terminal.restore() }
        (EditedLines.presentable(prompt) + [0]).withUnsafeBufferPointer { prompt in
            prompt.withMemoryRebound(to: CChar.self) {
                library.install($0.baseAddress, EditedLines.handle)
            }
        }
        while EditedLines.line == nil {
            takeCharacter(terminal)
            if EditedLines.isSuspending {
                EditedLines.isSuspending = false
                // Stops the processes of the terminal, as Ctrl-Z does elsewhere.
                leaving(terminal) { kill(0, SIGTSTP) }
            }
        }
        let line = EditedLines.line.unsafelyUnwrapped
        if !EditedLines.hasGivenBack {
            library.remove()
            if case .cancelled = line { command_show("\n", 1) }
        }
        return line
    }

    /// Waits for a character, or for something else to do, and does it.
    private func takeCharacter(_ terminal: Terminal) {
        if command_wait_for_input() {
            library.readCharacter()
        } else if ip_signal_pending() {
            // Handlers of the script run with the terminal as it was.
            leaving(terminal) { EditedLines.line = .afterServing(lua) }
        } else {
            EditedLines.line = .afterServing(lua)
        }
    }

    /// Does something in the midst of a line, while the terminal is as it was.
    private func leaving(_ terminal: Terminal, _ body: () -> Void) {
        library.leaveTerminal()
        terminal.restore()
        body()
        guard EditedLines.line == nil else { return }
        terminal.passInterruptAndSuspend()
        library.takeTerminal(1)
        _ = library.redisplay()
    }

    /// A prompt that is text in the user's locale: of one that is not, libedit makes a crash.
    private static func presentable(_ prompt: [UInt8]) -> [UInt8] {
        let text = (prompt + [0]).map { CChar(bitPattern: $0) }
        return mbstowcs(nil, text, 0) >= 0
            ? prompt : prompt.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }
    }

    /// The line is complete, or the input is at its end. Gives the terminal back here, otherwise the prompt comes again.
    private static let handle: LineEditorLibrary.LineHandler = { text in
        LineEditorLibrary.loaded?.remove()
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
