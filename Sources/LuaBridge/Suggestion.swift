/// Finds the name that was probably meant.
public enum Suggestion {
    /// The name among `candidates` with the fewest typing errors away from `name`: letters missing, surplus,
    /// wrong, or two swapped.
    ///
    /// - Parameters:
    ///   - name: What was typed.
    ///   - candidates: What may have been meant.
    ///   - limit: How many errors to allow; a short name is allowed fewer, so that it is not "corrected" into
    ///     something unrelated.
    public static func nearest<Candidate: CustomStringConvertible>(
        to name: String, among candidates: [Candidate], within limit: Int = 2
    ) -> Candidate? {
        let typed = Array(name.utf8)
        var best: Candidate?
        var fewest = min(limit, max(1, typed.count / 2)) + 1
        for candidate in candidates {
            let errors = distance(typed, Array(candidate.description.utf8))
            if errors < fewest {
                fewest = errors
                best = candidate
            }
        }
        return best
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
