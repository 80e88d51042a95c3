import Glibc

/// A line editor of the system, GNU readline or libedit: loaded when a session wants it, so that mprun runs where there is
/// neither. Both have readline's functions; see "Alternate Interface" in its manual.
struct LineEditorLibrary {
    typealias LineHandler = @convention(c) (UnsafeMutablePointer<CChar>?) -> Void
    typealias Command = @convention(c) (Int32, Int32) -> Int32
    typealias Generator = @convention(c) (UnsafePointer<CChar>?, Int32) -> UnsafeMutablePointer<CChar>?
    typealias Matches = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    typealias Completer = @convention(c) (UnsafePointer<CChar>?, Int32, Int32) -> Matches?

    /// `rl_initialize()`: reads the user's settings. To be called once, before keys are bound.
    let initialise: @convention(c) () -> Int32
    /// `rl_callback_handler_install(prompt, handler)`: shows the prompt; the handler gets each line that is entered, nil at
    /// the end of the input.
    let install: @convention(c) (UnsafePointer<CChar>?, LineHandler?) -> Void
    /// `rl_callback_read_char()`: takes a character from the terminal.
    let readCharacter: @convention(c) () -> Void
    /// `rl_callback_handler_remove()`: puts the terminal back.
    let remove: @convention(c) () -> Void
    /// `rl_deprep_terminal()`: puts the terminal back in the midst of a line.
    let leaveTerminal: @convention(c) () -> Void
    /// `rl_prep_terminal(meta)`: takes it again.
    let takeTerminal: @convention(c) (Int32) -> Void
    /// `rl_forced_update_display()`: shows the line again.
    let redisplay: @convention(c) () -> Int32
    /// `add_history(line)`: offers a line again.
    let addHistory: @convention(c) (UnsafePointer<CChar>?) -> Void
    /// `rl_add_defun(name, command, character)`: binds a command to a character.
    let bind: @convention(c) (UnsafePointer<CChar>?, Command?, Int32) -> Int32
    /// `rl_completion_matches(word, generator)`: what the generator yields, call by call, as a list.
    let matches: @convention(c) (UnsafePointer<CChar>?, Generator?) -> Matches?

    /// `rl_bind_key_in_map(character, command, keymap)`; libedit has none.
    let bindInKeymap: (@convention(c) (Int32, Command?, UnsafeMutableRawPointer) -> Int32)?
    /// `vi_movement_keymap`
    let viCommandKeymap: UnsafeMutableRawPointer?

    private let handle: UnsafeMutableRawPointer

    /// The environment variable that names another library, or none if it is empty.
    static let variable = "MPRUN_LINE_EDITOR"
    private static let known = ["libreadline.so.8", "libedit.so.2", "libreadline.so", "libedit.so"]

    /// The one of this process: the functions that it calls back get no context.
    nonisolated(unsafe) private(set) static var loaded: LineEditorLibrary?

    /// Loads the first library that is there; nil if none is.
    static func load(ignoringEnvironment: Bool) -> LineEditorLibrary? {
        let chosen = ignoringEnvironment ? nil : getenv(variable).map { String(cString: $0) }
        loaded = (chosen.map { [$0] } ?? known).lazy.compactMap(LineEditorLibrary.init).first
        return loaded
    }

    private init?(_ name: String) {
        guard !name.isEmpty, let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        do throws(MissingFunction) {
            initialise = try function("rl_initialize", in: handle)
            install = try function("rl_callback_handler_install", in: handle)
            readCharacter = try function("rl_callback_read_char", in: handle)
            remove = try function("rl_callback_handler_remove", in: handle)
            leaveTerminal = try function("rl_deprep_terminal", in: handle)
            takeTerminal = try function("rl_prep_terminal", in: handle)
            redisplay = try function("rl_forced_update_display", in: handle)
            addHistory = try function("add_history", in: handle)
            bind = try function("rl_add_defun", in: handle)
            matches = try function("rl_completion_matches", in: handle)
        } catch { return nil }
        bindInKeymap = try? function("rl_bind_key_in_map", in: handle)
        viCommandKeymap = dlsym(handle, "vi_movement_keymap")
        self.handle = handle
    }

    /// A variable of the library, where it has it.
    func variable<Value>(_ name: String, as _: Value.Type) -> UnsafeMutablePointer<Value>? {
        dlsym(handle, name)?.assumingMemoryBound(to: Value.self)
    }
}

private struct MissingFunction: Error {}

/// A function of a library, as the type that is expected.
private func function<Function>(_ name: String, in handle: UnsafeMutableRawPointer) throws(MissingFunction)
    -> Function
{
    guard let address = dlsym(handle, name) else { throw MissingFunction() }
    return unsafeBitCast(address, to: Function.self)
}
