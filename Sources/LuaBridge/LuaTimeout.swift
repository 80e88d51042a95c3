/// How long a call may wait.
@frozen
public enum LuaTimeout: Equatable, Sendable {
    /// Until it happens: nil or `math.huge`.
    case forever
    /// Not at all: zero or less.
    case immediate
    /// A positive, finite number of seconds.
    case seconds(Double)

    /// Sorts a number of seconds. Nil for NaN.
    @inlinable
    public init?(seconds: Double) {
        if seconds > 0 {
            self = seconds == .infinity ? .forever : .seconds(seconds)
        } else if seconds <= 0 {
            self = .immediate
        } else {
            return nil
        }
    }
}
