import JSON

/// The `linux` section of `config.json`; an absent section has nothing set. Runtime specification, config-linux.md.
public struct LinuxConfiguration: Equatable, Sendable {
    public var namespaces: [LinuxNamespace] = []
    public var uidMappings: [IDMapping] = []
    public var gidMappings: [IDMapping] = []
    public var timeOffsets: [LinuxTimeOffset] = []
    public var devices: [LinuxDevice] = []
    public var netDevices: [LinuxNetDevice] = []
    /// Absolute: below the cgroup mount point. Relative: below the runtime's own place; `slice:prefix:name` for systemd.
    public var cgroupsPath: String?
    public var resources: LinuxResources?
    /// `private`, `shared`, `slave` or `unbindable`, or with an `r` in front.
    public var rootfsPropagation: String?
    public var seccomp: LinuxSeccomp?
    public var sysctl: [String: String] = [:]
    public var maskedPaths: [String] = []
    public var readonlyPaths: [String] = []
    public var mountLabel: String?
    public var personality: LinuxPersonality?
    public var intelRdt: LinuxIntelRdt?
    public var memoryPolicy: LinuxMemoryPolicy?

    /// What `rootfsPropagation` may be: the specification's values and the recursive ones that callers of runc write.
    static let propagations = [
        "private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
    ]

    public init() {}

    public init(json node: JSONNode) throws(JSONError) {
        namespaces = try LinuxNamespace.list(node, "namespaces")
        uidMappings = try IDMapping.list(node, "uidMappings")
        gidMappings = try IDMapping.list(node, "gidMappings")
        timeOffsets = try LinuxTimeOffset.list(node, "timeOffsets")
        devices = try node.each("devices") { node throws(JSONError) in try LinuxDevice(json: node) }
        netDevices = try LinuxNetDevice.list(node, "netDevices")
        cgroupsPath = try node.text("cgroupsPath")
        resources = try node.section("resources") { node throws(JSONError) in try LinuxResources(json: node) }
        rootfsPropagation = try node.text("rootfsPropagation")
        seccomp = try node.section("seccomp") { node throws(JSONError) in try LinuxSeccomp(json: node) }
        sysctl = try node.textMap("sysctl")
        maskedPaths = try node.absolutePaths("maskedPaths")
        readonlyPaths = try node.absolutePaths("readonlyPaths")
        mountLabel = try node.text("mountLabel")
        personality = try node.section("personality") { node throws(JSONError) in try LinuxPersonality(json: node) }
        intelRdt = try node.section("intelRdt") { node throws(JSONError) in try LinuxIntelRdt(json: node) }
        memoryPolicy = try node.section("memoryPolicy") { node throws(JSONError) in try LinuxMemoryPolicy(json: node) }
        try check(node)
    }

    /// The namespace of a kind; nil when the container stays in the runtime's.
    public func namespace(_ kind: LinuxNamespace.Kind) -> LinuxNamespace? { namespaces.first { $0.kind == kind } }

    /// What one field asks of another.
    private func check(_ node: JSONNode) throws(JSONError) {
        if let rootfsPropagation, !Self.propagations.contains(rootfsPropagation) {
            let known = Self.propagations.joined(separator: ", ")
            throw try node.required("rootfsPropagation").invalid(
                "\(shortened(rootfsPropagation)) is unknown, expected one of \(known)")
        }
        func demand(_ kind: LinuxNamespace.Kind, new: Bool, for key: String) throws(JSONError) {
            let namespace = namespace(kind)
            guard namespace != nil, !new || namespace?.path == nil else {
                let what = new ? "a new namespace" : "a namespace"
                throw try node.required(key).invalid("needs \(what) of type \(kind.rawValue) in linux.namespaces")
            }
        }
        if !uidMappings.isEmpty { try demand(.user, new: false, for: "uidMappings") }
        if !gidMappings.isEmpty { try demand(.user, new: false, for: "gidMappings") }
        if !timeOffsets.isEmpty { try demand(.time, new: true, for: "timeOffsets") }
        if !netDevices.isEmpty { try demand(.network, new: false, for: "netDevices") }
    }
}
