import JSON

/// What a container runs and as whom. Runtime specification, "Process".
public struct RuntimeProcess: Equatable, Sendable {
    public var arguments: [String]
    public var environment: [String]
    /// Absolute, inside the container.
    public var workingDirectory: String
    public var user: User
    public var hasTerminal: Bool
    public var consoleSize: ConsoleSize?
    public var resourceLimits: [ResourceLimit]
    public var capabilities: Capabilities?
    public var noNewPrivileges: Bool
    public var oomScoreAdjustment: Int32?
    public var apparmorProfile: String?
    public var selinuxLabel: String?

    public struct User: Equatable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        public var umask: UInt32?
        public var additionalGroups: [UInt32]
        public var name: String?

        public init(uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGroups: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.umask = umask
            self.additionalGroups = additionalGroups
        }
    }

    /// In characters.
    public struct ConsoleSize: Equatable, Sendable {
        public var height: UInt16
        public var width: UInt16
    }

    /// The type is the C name, as in `RLIMIT_NOFILE`.
    public struct ResourceLimit: Equatable, Sendable {
        public var type: String
        public var soft: UInt64
        public var hard: UInt64
    }

    /// The five sets, by the C names, as in `CAP_CHOWN`.
    public struct Capabilities: Equatable, Sendable {
        public var bounding: [String]
        public var effective: [String]
        public var inheritable: [String]
        public var permitted: [String]
        public var ambient: [String]
    }

    /// Groups of one process; the kernel's limit.
    public static let groupLimit = 65_536
    /// The id that means "leave unchanged" to the kernel: nobody can have it.
    static let reservedID = UInt32.max

    public init(json node: JSONNode) throws(JSONError) {
        arguments = try node.strings("args")
        environment = try node.strings("env")
        let directory = try node.required("cwd")
        workingDirectory = try directory.string()
        guard workingDirectory.hasPrefix("/") else {
            throw directory.invalid("\(shortened(workingDirectory)) isn't absolute")
        }
        user = try node.optional("user").map { node throws(JSONError) in try User(json: node) } ?? User()
        hasTerminal = try node.optional("terminal")?.bool() ?? false
        consoleSize = try node.optional("consoleSize").map { node throws(JSONError) in try ConsoleSize(json: node) }
        resourceLimits = []
        for limit in try node.list("rlimits", limit: 64) { resourceLimits.append(try ResourceLimit(json: limit)) }
        capabilities = try node.optional("capabilities").map { node throws(JSONError) in try Capabilities(json: node) }
        noNewPrivileges = try node.optional("noNewPrivileges")?.bool() ?? false
        oomScoreAdjustment = try node.optional("oomScoreAdj")?.integer()
        apparmorProfile = try node.optionalString("apparmorProfile")
        selinuxLabel = try node.optionalString("selinuxLabel")
    }
}

extension RuntimeProcess.User {
    init(json node: JSONNode) throws(JSONError) {
        func id(_ node: JSONNode) throws(JSONError) -> UInt32 {
            let id: UInt32 = try node.integer()
            guard id != RuntimeProcess.reservedID else { throw node.invalid("\(id) is no id") }
            return id
        }
        uid = try node.optional("uid").map { node throws(JSONError) in try id(node) } ?? 0
        gid = try node.optional("gid").map { node throws(JSONError) in try id(node) } ?? 0
        umask = try node.optional("umask")?.integer()
        additionalGroups = []
        for group in try node.list("additionalGids", limit: RuntimeProcess.groupLimit) {
            additionalGroups.append(try id(group))
        }
        name = try node.optionalString("username")
    }
}

extension RuntimeProcess.ConsoleSize {
    init(json node: JSONNode) throws(JSONError) {
        height = try node.required("height").integer()
        width = try node.required("width").integer()
    }
}

extension RuntimeProcess.ResourceLimit {
    init(json node: JSONNode) throws(JSONError) {
        type = try node.required("type").string()
        soft = try node.required("soft").integer()
        hard = try node.required("hard").integer()
        guard soft <= hard else { throw node.invalid("the soft limit \(soft) exceeds the hard limit \(hard)") }
    }
}

extension RuntimeProcess.Capabilities {
    init(json node: JSONNode) throws(JSONError) {
        bounding = try node.strings("bounding")
        effective = try node.strings("effective")
        inheritable = try node.strings("inheritable")
        permitted = try node.strings("permitted")
        ambient = try node.strings("ambient")
    }
}
