/// An option of the command: what getopt is told about it and what the help says.
///
/// The options of the `lua` program are letters, those of our own are long.
struct CommandOption {
    /// What the option means.
    enum Meaning {
        case execute, interactive, require, version, ignoreEnvironment, warnings
        case label, deadlock, dump, dieWithParent, explain, initialise, help, versionOnly
    }

    let meaning: Meaning
    /// As it is written: `-e`, `--help`.
    let name: StaticString
    /// What its argument is called; nil if it takes none.
    let argument: StaticString?
    let summary: StaticString

    private init(
        _ meaning: Meaning, _ name: StaticString, taking argument: StaticString? = nil,
        _ summary: StaticString
    ) {
        self.meaning = meaning
        self.name = name
        self.argument = argument
        self.summary = summary
    }

    static let all = [
        CommandOption(.execute, "-e", taking: "stat", "execute string 'stat'"),
        CommandOption(.interactive, "-i", "a session after the script"),
        CommandOption(
            .require, "-l", taking: "mod", "require library 'mod' into global 'mod'; g=mod: into 'g'"),
        CommandOption(.version, "-v", "show version information"),
        CommandOption(.ignoreEnvironment, "-E", "ignore environment variables"),
        CommandOption(.warnings, "-W", "turn warnings on"),
        CommandOption(
            .label, "--label", "begin each line of output with the name of its process"),
        CommandOption(
            .deadlock, "--deadlock", taking: "what",
            "when nobody can go on: 'abort' (default), 'report' or 'off'"),
        CommandOption(
            .dump, "--dump", taking: "pid", "show what the processes of a family do (so does Ctrl-\\)"
        ),
        CommandOption(.dieWithParent, "--die-with-parent", "kill each process when its parent dies"),
        CommandOption(.explain, "--explain", taking: "code", "explain the code of a report, as MP001"),
        CommandOption(
            .initialise, "--init", "set this directory up for editors and linters"),
        CommandOption(.help, "--help", "show this text"),
        CommandOption(.versionOnly, "--version", "show version information and end"),
    ]

    /// Whether the name is a dash and one letter.
    var isLetter: Bool { name.utf8CodeUnitCount == 2 }

    /// The letter, for one whose name is that.
    var letter: UInt8 { name.utf8Start[1] }
}
