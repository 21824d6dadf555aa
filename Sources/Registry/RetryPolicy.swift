/// Which failures are tried again, and after how long. Pure: the caller waits.
struct RetryPolicy: Sendable {
    let limits: RegistryLimits

    /// What to do after a failed try.
    enum Decision: Equatable, Sendable {
        case wait(Duration)
        case giveUp
    }

    /// - Parameters:
    ///   - attempt: 1 for the first try.
    ///   - retryAfter: what the server asked for, if it did.
    ///   - jitter: 0 to 1, so that clients that failed together don't come back together.
    func decision(after attempt: Int, retryAfter: Duration?, jitter: Double) -> Decision {
        guard attempt < limits.attempts else { return .giveUp }
        if let retryAfter {
            return retryAfter <= limits.longestRetryAfter ? .wait(max(retryAfter, limits.firstDelay)) : .giveUp
        }
        let doubled = limits.firstDelay * (1 << min(attempt - 1, 16))
        return .wait(min(doubled, limits.longestDelay) * (0.5 + min(max(jitter, 0), 1) / 2))
    }

    static func isWorthRetrying(status: Int) -> Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        default: false
        }
    }
}
