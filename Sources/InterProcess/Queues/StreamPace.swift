/// How often a process that waits for a message looks whether there is one, learned from what it finds.
///
/// Each look takes the put side's cache line away from the producer, which fetches it back for its next message. Where
/// messages come in a stream and their consumer is the faster one, that costs both more than the messages do. Who looks
/// once a microsecond finds a handful at a time. But if there is only one, it may be an answer for which somebody else waits
/// in turn; then each look later is a delay.
struct StreamPace {
    /// Messages that must be left after one was taken, for a rare look to be worth it.
    private static let backlog = 2
    private static let shortestTrialGap = 16
    private static let longestTrialGap = 4096

    /// How the next wait looks.
    var pace: Spinning.Pace { isRare ? .rare : .steady }
    private var isRare = false
    /// Waits until rare looks are tried next, and how many it will be after that if they are not worth it.
    private var untilTrial = Self.shortestTrialGap
    private var trialGap = Self.shortestTrialGap

    /// A wait is over, and left so many messages.
    mutating func note(left: Int) {
        if !isRare {
            untilTrial -= 1
            isRare = untilTrial == 0
        } else if left >= Self.backlog {
            trialGap = Self.shortestTrialGap
        } else {
            isRare = false
            trialGap = min(2 * trialGap, Self.longestTrialGap)
            untilTrial = trialGap
        }
    }
}
