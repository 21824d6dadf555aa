import JSON

/// What a container may use: the control groups' settings. config-linux.md, "Control groups".
///
/// Numbers stand as they were written: -1 is "no limit" where the specification has it so. Also the document that
/// `update --resources` reads.
public struct LinuxResources: Equatable, Sendable {
    /// In the order in which they apply.
    public var devices: [LinuxDeviceRule] = []
    public var memory: Memory?
    public var cpu: CPU?
    public var pids: PIDs?
    public var blockIO: BlockIO?
    public var hugepageLimits: [HugepageLimit] = []
    public var network: Network?
    /// In the order of the document.
    public var rdma: [RDMALimit] = []
    /// Values for files of the container's cgroup v2, by the files' names.
    public var unified: [String: String] = [:]

    public init() {}

    public init(json node: JSONNode) throws(JSONError) {
        devices = try node.each("devices") { node throws(JSONError) in try LinuxDeviceRule(json: node) }
        memory = try node.section("memory") { node throws(JSONError) in try Memory(json: node) }
        cpu = try node.section("cpu") { node throws(JSONError) in try CPU(json: node) }
        pids = try node.section("pids") { node throws(JSONError) in try PIDs(json: node) }
        blockIO = try node.section("blockIO") { node throws(JSONError) in try BlockIO(json: node) }
        hugepageLimits = try node.each("hugepageLimits") { node throws(JSONError) in try HugepageLimit(json: node) }
        network = try node.section("network") { node throws(JSONError) in try Network(json: node) }
        rdma = try RDMALimit.list(node, "rdma")
        for (name, entry) in try node.entries("unified") {
            // The name becomes a path below the cgroup; nothing else must be reachable with it.
            guard !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != ".." else {
                throw entry.invalid("isn't the name of a file of a cgroup")
            }
            unified[name] = entry.isNull ? "" : try entry.text()
        }
    }

    /// Reads the bytes of a document that is the resources alone.
    public init(reading bytes: [UInt8]) throws(JSONError) { try self.init(json: try JSONNode(reading: bytes)) }
}

/// Whether a container may use devices. config-linux.md, "Allowed Device list".
public struct LinuxDeviceRule: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case all = "a"
        case character = "c"
        case block = "b"
    }

    /// What a process does with a device.
    public struct Access: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let read = Access(rawValue: 1)
        public static let write = Access(rawValue: 2)
        public static let mknod = Access(rawValue: 4)
        public static let all: Access = [.read, .write, .mknod]

        /// The letters of the cgroup's files: `rwm`.
        public var letters: String {
            (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
        }
    }

    public var allow: Bool
    public var type: Kind
    /// nil for every number.
    public var major: UInt32?
    public var minor: UInt32?
    public var access: Access

    public init(allow: Bool, type: Kind = .all, major: UInt32? = nil, minor: UInt32? = nil, access: Access = .all) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }

    public init(json node: JSONNode) throws(JSONError) {
        allow = try node.required("allow").bool()
        if try node.text("type") != nil { type = try node.required("type").choice() } else { type = .all }
        major = try Self.number(node, "major", limit: LinuxDevice.majorLimit)
        minor = try Self.number(node, "minor", limit: LinuxDevice.minorLimit)
        access = try node.text("access") == nil ? .all : []
        for letter in (try node.text("access") ?? "").utf8 {
            switch letter {
            case UInt8(ascii: "r"): access.insert(.read)
            case UInt8(ascii: "w"): access.insert(.write)
            case UInt8(ascii: "m"): access.insert(.mknod)
            default: throw try node.required("access").invalid("expected some of the letters r, w and m")
            }
        }
    }

    /// Callers write "every number" as -1 too.
    private static func number(_ node: JSONNode, _ key: String, limit: UInt32) throws(JSONError) -> UInt32? {
        guard let number = try node.integer(key, in: -1...Int64(limit)), number >= 0 else { return nil }
        return UInt32(exactly: number)
    }
}
