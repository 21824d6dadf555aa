/// One line of `martlet ps`.
public struct ContainerRow: Equatable, Sendable {
    public let record: ContainerRecord
    public let condition: ContainerCondition

    public init(_ record: ContainerRecord) {
        self.record = record
        condition = ContainerCondition(of: record)
    }

    /// Such as `Up 5 minutes`, `Exited (0) 3 seconds ago`.
    ///
    /// - Parameter now: nanoseconds since the epoch.
    public func status(now: UInt64) -> String {
        switch condition {
        case .created: "Created"
        case .running: "Up \(Self.age(since: record.started, now: now))"
        case .paused: "Up \(Self.age(since: record.started, now: now)) (paused)"
        case .exited(let status, let explanation):
            "Exited (\(status)) \(Self.age(since: record.finished, now: now)) ago"
                + (explanation.map { ": \($0)" } ?? "")
        case .lost: "Dead: its monitor was killed; its exit code is unknown"
        case .orphaned(let process): "Orphaned: its monitor was killed, process \(process.number) still runs"
        case .removed: "Removed"
        }
    }

    /// A time in one unit, as people say it.
    public static func age(since start: UInt64?, now: UInt64) -> String {
        guard let start else { return "an unknown time" }
        let seconds = now > start ? (now - start) / 1_000_000_000 : 0
        let units: [(UInt64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        let (size, name) = units.first { seconds >= $0.0 } ?? (1, "second")
        let count = seconds / size
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}

extension StateDirectory {
    /// All containers, oldest first.
    public func list() throws(LifecycleError) -> [ContainerRow] { try records().map { ContainerRow($0) } }
}
