import JSON

/// What this runtime knows, whatever the machine can do: the answer of `features`. Runtime specification, features.md.
///
/// What stands in OCISpec's own types (hooks, namespaces, names of seccomp) is filled in; the rest comes from the targets
/// that do the work, so that nothing is claimed that nobody does.
public struct RuntimeFeatures: Equatable, Sendable {
    public var hooks = RuntimeHooks.Kind.allCases.map(\.rawValue)
    /// Names of mount options that aren't handed to the filesystem.
    public var mountOptions: [String] = []
    public var namespaces = LinuxNamespace.Kind.allCases.map(\.rawValue).sorted()
    /// By the C names.
    public var capabilities: [String] = []
    public var cgroup = Cgroup()
    /// nil says that there is no seccomp.
    public var seccomp: Seccomp?
    public var apparmor = false
    public var selinux = false
    /// nil says that memory policies are refused.
    public var memoryPolicy: MemoryPolicy?
    public var intelRdt = false
    public var idmappedMounts = false
    public var netDevices = false
    public var annotations: [String: String] = [:]
    /// Annotations of a container that change what is done; a name that ends in a dot means all that begin with it.
    public var potentiallyUnsafeConfigAnnotations: [String] = []

    public init() {}

    public struct Cgroup: Equatable, Sendable {
        public var v1 = false
        public var v2 = false
        public var systemd = false
        public var systemdUser = false
        public var rdma = false

        public init(
            v1: Bool = false, v2: Bool = false, systemd: Bool = false, systemdUser: Bool = false, rdma: Bool = false
        ) {
            self.v1 = v1
            self.v2 = v2
            self.systemd = systemd
            self.systemdUser = systemdUser
            self.rdma = rdma
        }
    }

    public struct Seccomp: Equatable, Sendable {
        public var actions = LinuxSeccomp.Action.allCases.map(\.rawValue).sorted()
        public var operators = LinuxSeccomp.Operator.allCases.map(\.rawValue).sorted()
        public var architectures = LinuxSeccomp.Architecture.allCases.map(\.rawValue).sorted()
        public var knownFlags = LinuxSeccomp.Flag.allCases.map(\.rawValue).sorted()
        /// Those of the known flags that this build's libseccomp can set.
        public var supportedFlags: [String]

        public init(supportedFlags: [String]) { self.supportedFlags = supportedFlags }
    }

    public struct MemoryPolicy: Equatable, Sendable {
        public var modes = LinuxMemoryPolicy.Mode.allCases.map(\.rawValue)
        public var flags = LinuxMemoryPolicy.Flag.allCases.map(\.rawValue)

        public init() {}
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["ociVersionMin"] = .string(RuntimeSpecification.oldestVersion)
        object["ociVersionMax"] = .string(RuntimeSpecification.version)
        object["hooks"] = .strings(hooks)
        object["mountOptions"] = .strings(mountOptions)
        object["linux"] = linux
        if !annotations.isEmpty { object["annotations"] = .sortedMap(annotations) }
        if !potentiallyUnsafeConfigAnnotations.isEmpty {
            object["potentiallyUnsafeConfigAnnotations"] = .strings(potentiallyUnsafeConfigAnnotations)
        }
        return .object(object)
    }

    private var linux: JSONValue {
        func enabled(_ flag: Bool) -> JSONValue { ["enabled": .bool(flag)] }
        var object = JSONObject()
        object["namespaces"] = .strings(namespaces)
        object["capabilities"] = .strings(capabilities)
        object["cgroup"] = [
            "v1": .bool(cgroup.v1), "v2": .bool(cgroup.v2), "systemd": .bool(cgroup.systemd),
            "systemdUser": .bool(cgroup.systemdUser), "rdma": .bool(cgroup.rdma),
        ]
        object["seccomp"] = seccomp.map(\.json) ?? enabled(false)
        object["apparmor"] = enabled(apparmor)
        object["selinux"] = enabled(selinux)
        object["memoryPolicy"] = memoryPolicy.map { ["modes": .strings($0.modes), "flags": .strings($0.flags)] }
        object["intelRdt"] = [
            "enabled": .bool(intelRdt), "schemata": .bool(intelRdt), "monitoring": .bool(intelRdt),
        ]
        object["mountExtensions"] = ["idmap": enabled(idmappedMounts)]
        object["netDevices"] = enabled(netDevices)
        return .object(object)
    }
}

extension RuntimeFeatures.Seccomp {
    fileprivate var json: JSONValue {
        [
            "enabled": true, "actions": .strings(actions), "operators": .strings(operators),
            "archs": .strings(architectures), "knownFlags": .strings(knownFlags),
            "supportedFlags": .strings(supportedFlags),
        ]
    }
}
