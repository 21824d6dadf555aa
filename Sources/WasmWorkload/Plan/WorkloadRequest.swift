import ContainerMounts
import HostCapabilities

/// What the person who runs a workload asks for, on top of what the image or the bundle says.
public struct WorkloadRequest: Hashable, Sendable {
    /// `NAME=value`; later ones win.
    public var environment: [String] = []
    /// What follows the image: replaces its default arguments when not empty.
    public var arguments: [String] = []
    /// Replaces the entry point, and drops the image's default arguments.
    public var entrypoint: String?
    /// Calls this export instead of `_start`.
    public var invoke: String?
    public var workingDirectory: String?
    public var user: String?
    public var mounts: [Volume] = []
    public var ports: [PortMapping] = []
    public var outbound: [OutboundRule] = []
    public var network = WorkloadPlan.Network.host
    public var limits = WorkloadPlan.Limits()
    public var isReadOnly = false
    public var hasTerminal = false
    public var annotations: [String: String] = [:]

    public init() {}
}
