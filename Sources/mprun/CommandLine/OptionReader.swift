import CCommand
import Glibc
import LuaBridge

/// Reads options one by one with the system's getopt, in the order in which they are written.
struct OptionReader {
    /// An option that was read.
    struct Found {
        let meaning: CommandOption.Meaning
        /// Its argument, for those that take one.
        let argument: UnsafePointer<CChar>?
    }

    private let words: CommandLineWords
    private let letters: [CChar]
    private let names: [option]
    /// The first word that was not read yet.
    private(set) var position: Int32 = 1

    /// getopt's codes for long options: behind all letters, by place in the list.
    private static let firstLongCode: Int32 = 256

    init(_ words: CommandLineWords) {
        self.words = words
        var letters: [CChar] = []
        var names: [option] = []
        for (place, known) in CommandOption.all.enumerated() {
            if known.isLetter {
                letters.append(CChar(known.letter))
                if known.argument != nil { letters.append(CChar(UInt8(ascii: ":"))) }
            } else {
                names.append(
                    option(
                        name: UnsafeRawPointer(known.name.utf8Start + 2).assumingMemoryBound(to: CChar.self),
                        has_arg: known.argument == nil ? no_argument : required_argument, flag: nil,
                        val: OptionReader.firstLongCode + Int32(place)))
            }
        }
        self.letters = letters + [0]
        self.names = names + [option()]
    }

    /// The next option, or nil at the first word that is none; `--` is passed over.
    mutating func next() throws(CommandFailure) -> Found? {
        let found = command_next_option(words.count, words.start, letters, names)
        position = found.next
        switch found.code {
        case -1: return nil
        case Int32(UInt8(ascii: "?")): throw unknown(words.text(found.word))
        case Int32(UInt8(ascii: ":")): throw missingArgument(words.text(found.word))
        default: break
        }
        let known = CommandOption.all.enumerated().first { place, known in
            found.code == (known.isLetter ? Int32(known.letter) : OptionReader.firstLongCode + Int32(place))
        }
        guard let known = known?.element else { throw unknown(words.text(found.word)) }
        guard known.argument != nil else {
            // Letters do not share a dash, as with `lua`.
            guard !known.isLetter || words[found.word][2] == 0 else { throw unknown(words.text(found.word)) }
            return Found(meaning: known.meaning, argument: nil)
        }
        // As with `lua`, the next word does not count as the argument if it looks like an option.
        guard let argument = found.argument,
            !(argument == words[found.next - 1] && argument[0] == CChar(UInt8(ascii: "-")))
        else { throw missingArgument(words.text(found.word)) }
        return Found(meaning: known.meaning, argument: argument)
    }

    private func missingArgument(_ word: String) -> CommandFailure {
        CommandFailure("'\(word)' needs argument\n\(Help.usage)")
    }

    private func unknown(_ word: String) -> CommandFailure {
        if word.utf8.contains(UInt8(ascii: "=")), let known = OptionReader.withoutValue(word) {
            return CommandFailure("option '\(known)' takes no value\n\(Help.usage)")
        }
        let hint = OptionReader.nearest(to: word).map { "did you mean '\($0)'?" } ?? "see --help"
        return CommandFailure("unrecognized option '\(word)' (\(hint))\n\(Help.usage)")
    }

    /// The long option in front of the `=`, if there is such an option.
    private static func withoutValue(_ word: String) -> StaticString? {
        let name = String(word.prefix { $0 != "=" })
        return CommandOption.all.first { !$0.isLetter && $0.name.description == name }?.name
    }

    /// The option that was probably meant. Among letters only the other case of the same letter is near.
    private static func nearest(to word: String) -> StaticString? {
        if word.utf8.count == 2 {
            let letter = word.utf8.last.unsafelyUnwrapped | 0x20
            let sameLetter = CommandOption.all.first { $0.isLetter && $0.letter | 0x20 == letter }
            let sameStart = CommandOption.all.first { !$0.isLetter && $0.name.utf8Start[2] == letter }
            return (sameLetter ?? sameStart)?.name
        }
        return Suggestion.nearest(to: word, among: CommandOption.all.filter { !$0.isLetter }.map(\.name))
    }
}
