import SystemCalls

/// Why the sandbox couldn't be put in force.
public enum SandboxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused one of the steps.
    case refused(step: String, cause: SystemCallError)
    /// The supervising process ended before the guest began.
    case orphaned
    /// What the container's configuration asks for, in its own words.
    case configuration(String)

    public var description: String {
        switch self {
        case .refused(let step, let cause): "sandbox, \(step): \(cause)"
        case .orphaned: "sandbox: the supervising process ended before the guest began"
        case .configuration(let reason): reason
        }
    }
}
