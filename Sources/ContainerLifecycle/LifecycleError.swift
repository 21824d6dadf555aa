import SystemCalls

/// What went wrong with a container, said so that its owner knows what to do.
public enum LifecycleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kernel refused a step of our own work.
    case system(doing: String, SystemCallError)
    /// The workload's process couldn't be set up; its own words.
    case notStarted(String)
    case nameTaken(String, by: ContainerID)
    case malformedName(String)
    case unknown(String)
    case ambiguous(String, matches: Int)
    case refused(String, LifecycleMachine.Refused)
    /// A state directory that isn't ours alone.
    case untrusted(path: String, reason: String)
    /// A record that can't be read.
    case damaged(path: String, reason: String)
    /// Processes that didn't end although they were killed.
    case stillRunning(String)

    public var description: String {
        switch self {
        case .system(let doing, let cause): "\(doing): \(cause)"
        case .notStarted(let reason): reason
        case .nameTaken(let name, let id):
            "the name \"\(name)\" is taken by \(id.short); remove that one or choose another"
        case .malformedName(let name):
            "the name \"\(name)\": a letter or digit, then letters, digits, \"_\", \".\" and \"-\", at most \(ContainerName.limit)"
        case .unknown(let name): "no container is called \"\(name)\" (martlet ps --all lists them)"
        case .ambiguous(let prefix, let matches): "\"\(prefix)\" is the beginning of \(matches) ids; write more of it"
        case .refused(let name, let refusal): "\(name): \(refusal)"
        case .untrusted(let path, let reason): "the state directory \"\(path)\" can't be trusted: \(reason)"
        case .damaged(let path, let reason): "\"\(path)\": \(reason)"
        case .stillRunning(let name): "\(name): its process doesn't end although it was killed"
        }
    }
}
