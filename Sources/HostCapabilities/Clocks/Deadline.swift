import SystemCalls

/// A moment on a clock to wait for.
public struct Deadline: Hashable, Sendable {
    public enum Clock: Hashable, Sendable {
        case monotonic
        /// Set by people and by NTP: how long it takes to reach a moment can change while waiting.
        case realtime
    }

    public let clock: Clock
    /// Nanoseconds on the clock.
    public let moment: UInt64

    public init(_ clock: Clock, at moment: UInt64) {
        self.clock = clock
        self.moment = moment
    }

    /// So many nanoseconds from now, however the wall clock is set meanwhile; too many is never.
    public init(after nanoseconds: UInt64) {
        let (moment, isNever) = Clocks.now(.monotonic).addingReportingOverflow(nanoseconds)
        self.init(.monotonic, at: isNever ? .max : moment)
    }

    /// Nanoseconds until the moment; 0 when it passed.
    public func remaining() -> UInt64 {
        let now = Clocks.now(clock == .monotonic ? .monotonic : .realtime)
        return now >= moment ? 0 : moment - now
    }
}

/// Waiting for descriptors and moments at once.
public enum Readiness {
    /// At most so many nanoseconds pass before the wall clock is looked at again.
    private static let wallClockStep: UInt64 = 1_000_000_000

    /// Waits until a request found something or a deadline passed, and returns how many requests found something. Without
    /// a deadline it waits as long as it takes.
    public static func wait(
        _ requests: inout [PollRequest], until deadlines: [Deadline], _ rests: Rests
    ) throws(SystemCallError) -> Int {
        while true {
            let timeout = deadlines.lazy.map { deadline in
                let remaining = deadline.remaining()
                return deadline.clock == .realtime ? min(remaining, wallClockStep) : remaining
            }.min()
            let found = try rests.wait(&requests, timeout: timeout)
            if found > 0 || deadlines.contains(where: { $0.remaining() == 0 }) { return found }
        }
    }
}
