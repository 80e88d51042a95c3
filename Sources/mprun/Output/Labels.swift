import CCommand
import Glibc
import InterProcess
import Multiprocessing

/// The option `--label`: in front of each line the name of the process that printed it, in a colour of its own on a terminal.
enum Labels {
    /// SGR codes that can be read on light and on dark ground. The main process has none.
    private static let colours: [UInt8] = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]

    /// Characters, of at most four bytes as a rule.
    private static let longestName = 40

    nonisolated(unsafe) private static var colouredDescriptors: [Bool] = []

    /// From now on. To be called before Lua opens its libraries, which keep the streams.
    static func show() {
        let wantsColours = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
        colouredDescriptors = [0, 1, 2].map { wantsColours && isatty($0) == 1 }
        command_label_streams {
            Labels.write(for: $0, into: UnsafeMutableRawBufferPointer(start: $1, count: $2))
        }
    }

    /// The label for lines on a descriptor; returns its length.
    private static func write(for descriptor: Int32, into text: UnsafeMutableRawBufferPointer) -> Int {
        let label = label(isColoured: colouredDescriptors[Int(descriptor)]).utf8
        guard label.count <= text.count else { return 0 }
        text.copyBytes(from: label)
        return label.count
    }

    /// The name of this process, as far as it can be shown in a line.
    private static var name: String {
        let name = Multiprocessing.processName.prefix(longestName)
        return String(
            name.map { $0.isASCII && $0.asciiValue.unsafelyUnwrapped < 0x20 || $0 == "\u{7F}" ? "?" : $0 })
    }

    private static func label(isColoured: Bool) -> String {
        let name = name
        let label = "[\(name)] "
        guard isColoured, Arena.isMapped, !Family.isMainProcess else { return label }
        let colour = colours[Int(Family.serial - 1) % colours.count]
        return "\u{1B}[\(colour)m[\(name)]\u{1B}[0m "
    }
}
