import Glibc
import InterProcess

/// What the words of the command line ask for.
struct CommandLineOptions {
    /// Something to be done before the script runs.
    enum Preparation {
        /// `-e stat`
        case execute(UnsafePointer<CChar>)
        /// `-l mod`, `-l g=mod`
        case require(UnsafePointer<CChar>)
        /// `-W`
        case turnWarningsOn
    }

    /// What to do in the first place.
    enum Purpose {
        case run, showHelp, showVersion
        /// A code of a report.
        case explain(String)
        /// The family of a process.
        case dump(pid_t)
        /// The current directory is set up for editors.
        case initialise
    }

    let words: CommandLineWords
    private(set) var purpose = Purpose.run
    /// In the order in which they are written.
    private(set) var preparations: [Preparation] = []
    private(set) var ignoresEnvironment = false
    /// What is done when no process can act any more.
    private(set) var deadlockResponse = DeadlockResponse.abort
    private(set) var diesWithParent = false
    /// `-v`: the version first, then the rest; standard input does not run for want of a script.
    private(set) var beginsWithVersion = false
    /// `-i`: a session at the end.
    private(set) var endsInteractively = false
    private(set) var labelsOutput = false
    /// The word that names the script, or the number of words if there is none.
    private(set) var script: Int32

    private var executesText = false

    /// Reads the options.
    ///
    /// - Throws: What to tell the user who wrote an option that does not exist, or not as it must be written.
    init(_ words: CommandLineWords) throws(CommandFailure) {
        self.words = words
        script = words.count
        var reader = OptionReader(words)
        while let option = try reader.next() {
            switch option.meaning {
            case .execute:
                executesText = true
                preparations.append(.execute(option.argument.unsafelyUnwrapped))
            case .require: preparations.append(.require(option.argument.unsafelyUnwrapped))
            case .warnings: preparations.append(.turnWarningsOn)
            case .ignoreEnvironment: ignoresEnvironment = true
            case .version: beginsWithVersion = true
            case .interactive:
                beginsWithVersion = true
                endsInteractively = true
            case .label: labelsOutput = true
            case .deadlock:
                let word = String(cString: option.argument.unsafelyUnwrapped)
                guard let response = CommandLineOptions.responses[word] else {
                    throw CommandFailure(
                        "--deadlock is 'abort', 'report' or 'off', not '\(word)'\n\(Help.usage)")
                }
                deadlockResponse = response
            case .dieWithParent: diesWithParent = true
            case .dump:
                let word = String(cString: option.argument.unsafelyUnwrapped)
                guard let pid = pid_t(word), pid > 0 else {
                    throw CommandFailure("--dump takes the pid of a process, not '\(word)'\n\(Help.usage)")
                }
                purpose = .dump(pid)
                return
            case .explain:
                purpose = .explain(String(cString: option.argument.unsafelyUnwrapped))
                return
            case .initialise:
                purpose = .initialise
                return
            case .help:
                purpose = .showHelp
                return
            case .versionOnly:
                purpose = .showVersion
                return
            }
        }
        script = reader.position
    }

    private static let responses: [String: DeadlockResponse] = [
        "abort": .abort, "report": .report, "off": .off,
    ]

    /// Whether a script is named.
    var hasScript: Bool { script < words.count }

    /// The name of the script's file; nil for `-`, standard input. Behind `--`, `-` is a file like any other.
    var scriptFile: UnsafePointer<CChar>? {
        let isStandardInput = strcmp(words[script], "-") == 0 && strcmp(words[script - 1], "--") != 0
        return isStandardInput ? nil : words[script]
    }

    /// Whether standard input runs for want of anything else.
    private var hasOnlyStandardInput: Bool { !hasScript && !executesText && !beginsWithVersion }

    /// Whether standard input is the script.
    var runsStandardInput: Bool { hasOnlyStandardInput && !isSession }

    /// Whether there is an interactive session, after everything else.
    var isSession: Bool { endsInteractively || hasOnlyStandardInput && isatty(STDIN_FILENO) == 1 }
}
