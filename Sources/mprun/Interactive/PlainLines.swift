import CCommand
import Glibc
import LuaBridge

/// Lines as standard input has them: from a pipe or a file, or from a terminal for want of a line editor.
///
/// They are read through the C library, whose buffer they share with `io.read`. Where no terminal shows what is typed, they
/// are shown here, so that what is printed reads like a session.
struct PlainLines: LineSource {
    let lua: Lua

    func readLine(prompt: [UInt8]) -> InputLine {
        guard let terminal = Terminal() else {
            show(prompt)
            let line = takeLine(from: nil)
            if case .text(let text) = line { show(text + [UInt8(ascii: "\n")]) }
            return line
        }
        // First, so that it holds for what is typed as soon as the prompt is seen.
        terminal.endLinesAtInterrupt()
        defer { terminal.restore() }
        show(prompt)
        let line = takeLine(from: terminal)
        if case .cancelled = line { show([UInt8(ascii: "\n")]) }
        return line
    }

    private func show(_ bytes: [UInt8]) { command_show(bytes, bytes.count) }

    private func takeLine(from terminal: Terminal?) -> InputLine {
        let interrupt = terminal.flatMap { Terminal.isSet($0.interrupt) ? Int32($0.interrupt) : nil }
        var line: [UInt8] = []
        while true {
            let byte = command_read_byte()
            switch byte {
            case COMMAND_END_OF_INPUT:
                return line.isEmpty ? .end : .text(line)
            case COMMAND_WANTED:
                // Handlers run with the terminal as it was.
                terminal?.restore()
                if let end = InputLine.afterServing(lua) { return end }
                terminal?.endLinesAtInterrupt()
            case Int32(UInt8(ascii: "\n")):
                return .text(line)
            case interrupt:
                return .cancelled
            default:
                line.append(UInt8(truncatingIfNeeded: byte))
            }
        }
    }

    func remember(_ line: [UInt8]) {}
}
