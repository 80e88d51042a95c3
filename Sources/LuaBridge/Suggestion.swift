/// Finds the name that was probably meant.
public enum Suggestion {
    /// The name among `candidates` with the fewest typing errors away from `name`: letters missing, surplus,
    /// wrong, or two swapped. Before that, a name that differs in capitals and underscores alone, as `isAlive`
    /// from `is_alive`; after it, the only one that begins so, as `warning` with `warn`.
    ///
    /// - Parameters:
    ///   - name: What was typed.
    ///   - candidates: What may have been meant.
    ///   - limit: How many errors to allow; a short name is allowed fewer, so that it is not "corrected" into
    ///     something unrelated.
    public static func nearest<Candidate: CustomStringConvertible>(
        to name: String, among candidates: [Candidate], within limit: Int = 2
    ) -> Candidate? {
        if let same = candidates.first(where: { isSpelled($0.description, like: name) }) { return same }
        let typed = Array(name.utf8)
        var best: Candidate?
        var fewest = min(limit, max(1, typed.count / 2)) + 1
        for candidate in candidates {
            let meant = Array(candidate.description.utf8)
            guard abs(meant.count - typed.count) < fewest else { continue }
            let errors = distance(typed, meant)
            if errors < fewest {
                fewest = errors
                best = candidate
            }
        }
        return best ?? completion(of: name, among: candidates)
    }

    /// Whether two names are the same but for capitals and underscores.
    public static func isSpelled(_ name: String, like other: String) -> Bool { plain(name) == plain(other) }

    /// A name without capitals and underscores.
    public static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }

    private static func completion<Candidate: CustomStringConvertible>(
        of name: String, among candidates: [Candidate]
    ) -> Candidate? {
        guard name.utf8.count >= 3 else { return nil }
        let longer = candidates.filter { $0.description.hasPrefix(name) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// The optimal string alignment distance, by rows: two swapped neighbours count as one error.
    private static func distance(_ typed: [UInt8], _ meant: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...meant.count)
        for i in typed.indices {
            var row = [i + 1]
            for j in meant.indices {
                var least = min(last[j] + (typed[i] == meant[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, typed[i] == meant[j - 1], typed[i - 1] == meant[j] {
                    least = min(least, beforeLast[j - 1] + 1)
                }
                row.append(least)
            }
            beforeLast = last
            last = row
        }
        return last[meant.count]
    }
}
