import CInterProcess
import LuaBridge

/// Standard error, unbuffered: one write for a message, so that messages of several processes do not mix.
public enum StandardError {
    /// Writes `text` as it is, after what this process has printed so far. Errors are ignored.
    public static func write(_ text: String) {
        var text = text
        text.withUTF8 { ip_write_error($0.baseAddress, $0.count) }
    }
}
