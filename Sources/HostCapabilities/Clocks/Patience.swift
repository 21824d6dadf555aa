/// How long a guest has to have waited before its process gives back memory.
///
/// To rest costs half a millisecond, most of it when the process goes on. Who was woken soon waits twice as long the next time, and
/// so stops resting when that is the rule; who rests long enough spends less than a thousandth of its time on it.
public struct Patience: Hashable, Sendable {
    /// Nanoseconds.
    public static let shortest: UInt64 = 50_000_000
    public static let longest: UInt64 = 3_200_000_000
    /// A rest of so many nanoseconds was worth it.
    public static let worth: UInt64 = 1_000_000_000

    /// Nanoseconds to wait before resting.
    public private(set) var limit = shortest

    public init() {}

    /// Whether somebody who wants to wait so long should rest when the patience is over; nil is forever.
    public func isWorth(_ timeout: UInt64?) -> Bool { timeout.map { $0 >= limit + Self.worth } ?? true }

    public mutating func rested(_ nanoseconds: UInt64) {
        limit = nanoseconds >= Self.worth ? max(Self.shortest, limit / 2) : min(Self.longest, limit * 2)
    }
}
