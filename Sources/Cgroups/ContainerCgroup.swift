import OCISpec
import SystemCalls

/// The control groups of one container: one for each tree of version 1 and one for version 2, as far as they are
/// mounted.
///
/// A value that names directories; what it names stays until `delete()`. A container without groups (unprivileged,
/// nothing delegated, nothing asked for) has none, and what needs one says so.
public struct ContainerCgroup: Sendable, Equatable {
    /// The group in one tree.
    public struct Group: Sendable, Equatable {
        /// The controllers of a tree of version 1; empty with version 2.
        public var controllers: [String]
        public var directory: String

        public var isUnified: Bool { controllers.isEmpty }

        public init(controllers: [String], directory: String) {
            self.controllers = controllers
            self.directory = directory
        }
    }

    public internal(set) var groups: [Group]
    /// Set when systemd made the groups.
    public internal(set) var unit: SystemdUnit?
    public internal(set) var isRootless: Bool
    /// Whether the devices of the container are held to the configuration's rules.
    var restrictsDevices = true
    /// What systemd still has to be asked for: a scope is made with its first process.
    var awaited: Awaited?

    struct Awaited: Equatable {
        var resources: LinuxResources?
        var mountPoints: [String]
        var annotations: [String: String] = [:]
    }

    /// Groups that exist.
    public init(groups: [Group], unit: SystemdUnit? = nil, isRootless: Bool = false) {
        self.groups = groups
        self.unit = unit
        self.isRootless = isRootless
    }

    /// Whether there is nothing to limit, freeze or count with.
    public var isEmpty: Bool { groups.isEmpty }

    /// The group of version 2: a directory for clone3's CLONE_INTO_CGROUP. nil while systemd hasn't made it.
    public var unifiedDirectory: String? { awaited == nil ? unified?.directory : nil }

    var unified: Group? { groups.first(where: \.isUnified) }

    /// Where a controller's files are: its tree of version 1, or else version 2.
    func group(_ legacy: String?, _ unifiedName: String?) -> Group? {
        if let legacy, let group = groups.first(where: { $0.controllers.contains(legacy) }) { return group }
        return unifiedName == nil ? nil : unified
    }
}
