import Cgroups

/// What is on record about a container: the content of its state file.
public struct ContainerRecord: Equatable, Sendable {
    public let id: ContainerID
    /// What people call it; without `--name` the short id.
    public var name: String
    public var image: String
    public var command: [String]
    /// As `ps` shows them.
    public var ports: [String]
    /// Nanoseconds since the epoch.
    public var created: UInt64
    public var state: LifecycleMachine.State
    /// Who looks after it: its creator at first, then its monitor.
    public var supervisor: ProcessIdentity?
    /// The guest's process.
    public var workload: ProcessIdentity?
    /// Nanoseconds since the epoch.
    public var started: UInt64?
    /// Nanoseconds since the epoch.
    public var finished: UInt64?
    public var exitStatus: Int32?
    public var exitExplanation: String?
    /// Removed when it ends (`--rm`).
    public var removesItself: Bool
    /// A directory of the container's own outside of the state directory, such as its writable layer; removed with it.
    public var layer: String?
    /// Removed with it.
    public var cgroup: ContainerCgroup?

    public init(
        id: ContainerID, name: String? = nil, image: String, command: [String], ports: [String] = [], created: UInt64,
        removesItself: Bool = false, layer: String? = nil, cgroup: ContainerCgroup? = nil
    ) {
        self.id = id
        self.name = name ?? id.short
        self.image = image
        self.command = command
        self.ports = ports
        self.created = created
        state = .created
        self.removesItself = removesItself
        self.layer = layer
        self.cgroup = cgroup
    }

    /// Takes the lifecycle one step on.
    mutating func handle(_ event: LifecycleMachine.Event) throws(LifecycleError) -> LifecycleMachine.Action {
        var machine = LifecycleMachine(state)
        do throws(LifecycleMachine.Refused) {
            let action = try machine.handle(event)
            state = machine.state
            return action
        } catch { throw .refused(name, error) }
    }
}
