/// What `exec` asks for: another process of a running container.
public struct ExecRequest: Hashable, Sendable {
    public var id: String
    /// The program and its arguments; empty with `processFile`.
    public var arguments: [String] = []
    /// A `process` object of the runtime specification in a file (`--process`); the options below override it.
    public var processFile: String?
    /// `NAME=value`, added to the environment of the container's own process.
    public var environment: [String] = []
    public var workingDirectory: String?
    /// `uid[:gid]`, numbers.
    public var user: String?
    public var additionalGroups: [UInt32] = []
    /// Names such as `CAP_KILL`, added to those of the container's process.
    public var capabilities: [String] = []
    public var noNewPrivileges: Bool?
    public var appArmorProfile: String?
    public var selinuxLabel: String?
    public var hasTerminal: Bool?
    public var consoleSocket: String?
    /// A unix socket that is sent a pidfd of the process.
    public var pidfdSocket: String?
    public var pidFile: String?
    public var preservedDescriptors: UInt32 = 0
    /// Sub-groups of the container's control groups, by controller; for all trees under the empty name. They must not lead
    /// out of them.
    public var cgroups: [String: String] = [:]
    /// Starts even in a paused container, and waits until it goes on.
    public var ignoresPause = false
    public var detaches = false

    public init(id: String) { self.id = id }
}
