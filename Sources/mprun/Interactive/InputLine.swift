import CInterProcess
import InterProcess
import LuaBridge
import Multiprocessing

/// What came of asking for a line.
enum InputLine {
    /// A line, without its end.
    case text([UInt8])
    /// Ctrl-C: what was typed so far is not wanted.
    case cancelled
    /// The end of the input, or of the session.
    case end

    /// Does what signals and other processes want of a process at its prompt. SIGINT is a Ctrl-C from elsewhere, SIGTERM
    /// ends the session; nil if the line goes on.
    static func afterServing(_ lua: Lua) -> InputLine? {
        if Attention.serve() || Interruption.reportHandlerFailure(lua) { return nil }
        if ip_was_terminated() {
            Interruption.noteRaised()
            return .end
        }
        Interruption.forget()
        return .cancelled
    }
}

/// Where the lines of an interactive session come from.
protocol LineSource {
    /// Shows the prompt and waits for a line.
    func readLine(prompt: [UInt8]) -> InputLine

    /// A line was read that may be wanted again.
    func remember(_ line: [UInt8])
}
