/// Notices a body that keeps coming but too slowly to ever end: a server that sends a byte now and then.
///
/// Silence is the transport's business; this looks at what arrives.
struct ThroughputGuard: Sendable {
    private let limits: RegistryLimits
    private var windowStart: ContinuousClock.Instant
    private var windowBytes: Int64 = 0

    init(_ limits: RegistryLimits, now: ContinuousClock.Instant = .now) {
        self.limits = limits
        windowStart = now
    }

    /// Counts bytes; false once a whole window brought less than the limit.
    mutating func isFastEnough(after bytes: Int, now: ContinuousClock.Instant = .now) -> Bool {
        windowBytes = windowBytes.addingReportingOverflow(Int64(bytes)).partialValue
        guard now - windowStart >= limits.slowestWindow else { return true }
        defer {
            windowStart = now
            windowBytes = 0
        }
        return windowBytes >= limits.slowestBytes
    }
}
