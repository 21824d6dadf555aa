/// How long ago something was, as a person says it.
enum RelativeTime {
    private static let units: [(seconds: Int64, name: String)] = [
        (365 * 86_400, "year"), (30 * 86_400, "month"), (7 * 86_400, "week"), (86_400, "day"), (3_600, "hour"),
        (60, "minute"),
    ]

    /// - Parameters: seconds since the epoch.
    static func text(from then: Int64, to now: Int64) -> String {
        let (passed, overflow) = now.subtractingReportingOverflow(then)
        guard !overflow, passed >= 0 else { return "in the future" }
        for (seconds, name) in units where passed >= seconds {
            let count = passed / seconds
            return count == 1 ? "1 \(name) ago" : "\(count) \(name)s ago"
        }
        return passed < 5 ? "just now" : "\(passed) seconds ago"
    }
}
