/// Searching for texts in texts. The standard library's own search would link in its regular expressions.
extension StringProtocol {
    /// Where `text` occurs first.
    func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }

    /// Whether `text` occurs.
    func has(_ text: String) -> Bool { firstRange(of: text) != nil }
}

extension Substring {
    /// Without blanks around.
    var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
