/// Who makes a container's groups.
public enum CgroupDriver: String, Sendable {
    /// We do, in the file system.
    case filesystem = "cgroupfs"
    /// systemd does, as a scope, asked over its bus (`--systemd-cgroup`).
    case systemd
}

/// A scope of systemd that holds one container.
public struct SystemdUnit: Sendable, Hashable {
    /// Such as `libpod-4711.scope`.
    public var name: String
    /// The slice that it stands in, such as `machine.slice`.
    public var slice: String
    /// Where systemd puts it, below the root of every hierarchy, such as `/machine.slice/libpod-4711.scope`.
    public var group: String
    /// Whether the user's own systemd makes it.
    public var belongsToUser: Bool

    public init(name: String, slice: String, group: String, belongsToUser: Bool) {
        self.name = name
        self.slice = slice
        self.group = group
        self.belongsToUser = belongsToUser
    }
}
