import JSON

/// A namespace that a container gets or joins. Runtime specification, config-linux.md, "Namespaces".
public struct LinuxNamespace: Equatable, Sendable {
    /// By the names that the specification gives them.
    public enum Kind: String, CaseIterable, Sendable {
        case pid, network, mount, ipc, uts, user, cgroup, time
    }

    public var kind: Kind
    /// The file of the namespace to join, absolute; nil makes a new one.
    public var path: String?

    public init(kind: Kind, path: String? = nil) {
        self.kind = kind
        self.path = path
    }

    /// The list at `key`, each type once.
    static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [LinuxNamespace] {
        var namespaces: [LinuxNamespace] = []
        for entry in try node.list(key, limit: RuntimeLimits.elements) {
            let type = try entry.required("type")
            let kind: Kind = try type.choice()
            guard !namespaces.contains(where: { $0.kind == kind }) else {
                throw type.invalid("\"\(kind.rawValue)\" is there twice")
            }
            namespaces.append(LinuxNamespace(kind: kind, path: try entry.absolutePath("path")))
        }
        return namespaces
    }
}

/// How far a clock of a new time namespace is from the host's. config-linux.md, "Offset for Time Namespace".
public struct LinuxTimeOffset: Equatable, Sendable {
    public enum Clock: String, CaseIterable, Sendable {
        case monotonic, boottime
    }

    public var clock: Clock
    public var seconds: Int64
    /// Below a thousand millions.
    public var nanoseconds: UInt32

    static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [LinuxTimeOffset] {
        var offsets: [LinuxTimeOffset] = []
        for (name, entry) in try node.entries(key) where !entry.isNull {
            guard let clock = Clock(rawValue: name) else {
                throw entry.invalid("no such clock, expected monotonic or boottime")
            }
            offsets.append(
                LinuxTimeOffset(
                    clock: clock, seconds: try entry.integer("secs") ?? 0,
                    nanoseconds: try entry.integer("nanosecs", in: 0...999_999_999) ?? 0))
        }
        return offsets
    }
}
