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
    public var scheduler: LinuxScheduler?
    public var ioPriority: LinuxIOPriority?
    public var execCPUAffinity: LinuxCPUAffinity?
    /// Windows' command line; read so that its presence can be told.
    public var commandLine: String?

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

        public init(height: UInt16, width: UInt16) {
            self.height = height
            self.width = width
        }
    }

    /// The type is the C name, as in `RLIMIT_NOFILE`.
    public struct ResourceLimit: Equatable, Sendable {
        public var type: String
        public var soft: UInt64
        public var hard: UInt64

        public init(type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.soft = soft
            self.hard = hard
        }

        /// The names that getrlimit(2) knows.
        public static let types = [
            "RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK",
            "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO",
            "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
        ]
    }

    /// The five sets, by the C names, as in `CAP_CHOWN`.
    ///
    /// Names that nobody knows stay: the specification has them logged, not refused.
    public struct Capabilities: Equatable, Sendable {
        public var bounding: [String]
        public var effective: [String]
        public var inheritable: [String]
        public var permitted: [String]
        public var ambient: [String]

        public init(
            bounding: [String] = [], effective: [String] = [], inheritable: [String] = [], permitted: [String] = [],
            ambient: [String] = []
        ) {
            self.bounding = bounding
            self.effective = effective
            self.inheritable = inheritable
            self.permitted = permitted
            self.ambient = ambient
        }
    }

    /// Groups of one process; the kernel's limit.
    public static let groupLimit = 65_536
    /// The id that means "leave unchanged" to the kernel: nobody can have it.
    static let reservedID = UInt32.max

    public init(arguments: [String], environment: [String] = [], workingDirectory: String = "/", user: User = User()) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        hasTerminal = false
        resourceLimits = []
        noNewPrivileges = false
    }

    /// Also what the file of `exec --process` holds.
    public init(json node: JSONNode) throws(JSONError) {
        arguments = try node.texts("args")
        environment = try node.texts("env")
        let directory = try node.required("cwd")
        workingDirectory = try directory.text()
        guard workingDirectory.utf8.first == UInt8(ascii: "/") else {
            throw directory.invalid("\(shortened(workingDirectory)) isn't absolute")
        }
        user = try node.section("user") { node throws(JSONError) in try User(json: node) } ?? User()
        hasTerminal = try node.bool("terminal") ?? false
        // The specification has it ignored without a terminal, and so is what's wrong with it.
        if hasTerminal {
            consoleSize = try node.section("consoleSize") { node throws(JSONError) in try ConsoleSize(json: node) }
        }
        resourceLimits = try ResourceLimit.list(node, "rlimits")
        capabilities = try node.section("capabilities") { node throws(JSONError) in try Capabilities(json: node) }
        noNewPrivileges = try node.bool("noNewPrivileges") ?? false
        oomScoreAdjustment = try node.integer("oomScoreAdj", in: -1000...1000)
        apparmorProfile = try node.text("apparmorProfile")
        selinuxLabel = try node.text("selinuxLabel")
        scheduler = try node.section("scheduler") { node throws(JSONError) in try LinuxScheduler(json: node) }
        ioPriority = try node.section("ioPriority") { node throws(JSONError) in try LinuxIOPriority(json: node) }
        execCPUAffinity = try node.section("execCPUAffinity") { node throws(JSONError) in
            try LinuxCPUAffinity(json: node)
        }
        commandLine = try node.text("commandLine")
    }

    /// Reads the bytes of the file of `exec --process`.
    public init(reading bytes: [UInt8]) throws(JSONError) { try self.init(json: try JSONNode(reading: bytes)) }
}

extension RuntimeProcess.User {
    public init(json node: JSONNode) throws(JSONError) {
        uid = try node.id("uid") ?? 0
        gid = try node.id("gid") ?? 0
        umask = try node.integer("umask", in: 0...0o7777)
        additionalGroups = try node.each("additionalGids", limit: RuntimeProcess.groupLimit) { node throws(JSONError) in
            try node.id()
        }
        name = try node.text("username")
    }
}

extension RuntimeProcess.ConsoleSize {
    public init(json node: JSONNode) throws(JSONError) {
        height = try node.required("height").integer()
        width = try node.required("width").integer()
    }
}

extension RuntimeProcess.ResourceLimit {
    /// The limits at `key`, each type once.
    static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [Self] {
        var limits: [Self] = []
        for entry in try node.list(key, limit: 64) {
            let limit = try Self(json: entry)
            guard !limits.contains(where: { $0.type == limit.type }) else {
                throw try entry.required("type").invalid("\(limit.type) is there twice")
            }
            limits.append(limit)
        }
        return limits
    }

    public init(json node: JSONNode) throws(JSONError) {
        type = try node.required("type").text()
        soft = try node.required("soft").integer()
        hard = try node.required("hard").integer()
        guard soft <= hard else { throw node.invalid("the soft limit \(soft) exceeds the hard limit \(hard)") }
        guard Self.types.contains(type) else {
            throw try node.required("type").invalid("\(shortened(type)) is no limit that the kernel has")
        }
    }
}

extension RuntimeProcess.Capabilities {
    public init(json node: JSONNode) throws(JSONError) {
        bounding = try node.texts("bounding")
        effective = try node.texts("effective")
        inheritable = try node.texts("inheritable")
        permitted = try node.texts("permitted")
        ambient = try node.texts("ambient")
    }
}
