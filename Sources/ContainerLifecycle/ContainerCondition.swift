/// How a container is, looked at now: its record and what became of the processes that it names.
public enum ContainerCondition: Hashable, Sendable {
    case created
    case running(ProcessIdentity)
    case paused
    case exited(status: Int32, explanation: String?)
    /// The supervisor was killed before it could record an end. The workload died with it, or is dying.
    case lost
    /// The supervisor was killed, and the workload still runs: nobody reads its output.
    case orphaned(ProcessIdentity)
    case removed

    public init(of record: ContainerRecord) {
        let isSupervised = record.supervisor?.isAlive ?? false
        switch record.state {
        case .created: self = isSupervised ? .created : .lost
        case .running, .paused:
            if let workload = record.workload, workload.isAlive {
                self = !isSupervised ? .orphaned(workload) : record.state == .paused ? .paused : .running(workload)
            } else if isSupervised, let workload = record.workload {
                // It just ended: the supervisor is about to write that down.
                self = .running(workload)
            } else {
                self = .lost
            }
        case .stopped: self = .exited(status: record.exitStatus ?? 255, explanation: record.exitExplanation)
        case .removed: self = .removed
        }
    }

    /// Whether something of it may still run.
    public var isActive: Bool {
        switch self {
        case .running, .paused, .orphaned: true
        case .created, .exited, .lost, .removed: false
        }
    }
}
