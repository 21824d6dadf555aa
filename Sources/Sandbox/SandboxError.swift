import SystemCalls

/// Why the sandbox couldn't be put in force.
public enum SandboxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused one of the steps.
    case refused(step: String, cause: SystemCallError)
    /// Landlock is required and this kernel has none.
    case noLandlock
    /// The supervising process ended before the guest began.
    case orphaned
    /// What the container's configuration asks for, in its own words.
    case configuration(String)

    public var description: String {
        switch self {
        case .refused(let step, let cause): "sandbox, \(step): \(cause)"
        case .noLandlock:
            "sandbox: Landlock is required, but this kernel has none (boot with lsm=landlock,… or make it best effort)"
        case .orphaned: "sandbox: the supervising process ended before the guest began"
        case .configuration(let reason): reason
        }
    }
}
