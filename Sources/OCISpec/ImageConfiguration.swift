import JSON

/// How an image wants to be run, and what its layers are. Image specification, "Image Configuration".
public struct ImageConfiguration: Equatable, Sendable {
    public var platform: Platform
    public var created: String?
    public var author: String?

    // The execution parameters, the document's `config`.
    public var user: String?
    public var exposedPorts: [String] = []
    public var environment: [String] = []
    public var entrypoint: [String] = []
    public var command: [String] = []
    public var volumes: [String] = []
    public var workingDirectory: String?
    public var labels: [String: String] = [:]
    public var stopSignal: String?

    /// Digests of the uncompressed layers, lowest first.
    public var diffIDs: [Digest] = []
    public var history: [History] = []

    /// How one layer came about.
    public struct History: Equatable, Sendable {
        public var created: String?
        public var createdBy: String?
        public var author: String?
        public var comment: String?
        /// Whether the step changed no file and has no layer.
        public var isEmpty = false

        public init(created: String? = nil, createdBy: String? = nil, comment: String? = nil, isEmpty: Bool = false) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.isEmpty = isEmpty
        }
    }

    public init(platform: Platform) { self.platform = platform }

    /// What runs by default: the entry point and its arguments.
    public var arguments: [String] { entrypoint + command }
}

extension ImageConfiguration {
    /// Unknown fields are passed over and null is absent, as the specification demands.
    public init(json node: JSONNode) throws(JSONError) {
        // Docker's oldest images and some wasm tools leave the platform out.
        platform = try Platform(json: node) ?? Platform(os: "", architecture: "")
        created = try node.optionalString("created")
        author = try node.optionalString("author")
        if let config = try node.optional("config") { try readExecution(config) }
        if let root = try node.optional("rootfs") {
            let type = try root.optionalString("type") ?? "layers"
            guard type == "layers" else { throw root.invalid("has the unknown type \(shortened(type))") }
            for diffID in try root.list("diff_ids", limit: SpecificationLimits.layers) {
                diffIDs.append(try diffID.digest())
            }
        }
        for step in try node.list("history", limit: 4 * SpecificationLimits.layers) {
            history.append(try History(json: step))
        }
    }

    private mutating func readExecution(_ config: JSONNode) throws(JSONError) {
        func nonEmpty(_ key: String) throws(JSONError) -> String? {
            try config.optionalString(key).flatMap { $0.isEmpty ? nil : $0 }
        }
        user = try nonEmpty("User")
        exposedPorts = try config.names("ExposedPorts")
        environment = try config.strings("Env")
        entrypoint = try config.strings("Entrypoint")
        command = try config.strings("Cmd")
        volumes = try config.names("Volumes")
        workingDirectory = try nonEmpty("WorkingDir")
        labels = try config.stringMap("Labels")
        stopSignal = try nonEmpty("StopSignal")
    }

    public var json: JSONValue {
        var object = JSONObject()
        if let created { object["created"] = .string(created) }
        if let author { object["author"] = .string(author) }
        if case .object(let fields) = platform.json {
            for member in fields.members { object[member.key] = member.value }
        }
        object["config"] = executionJSON
        object["rootfs"] = ["type": "layers", "diff_ids": .strings(diffIDs.map(\.description))]
        if !history.isEmpty { object["history"] = .array(history.map(\.json)) }
        return .object(object)
    }

    /// The execution parameters alone, the document's `config`.
    private var executionJSON: JSONValue {
        var config = JSONObject()
        if let user { config["User"] = .string(user) }
        if !exposedPorts.isEmpty { config["ExposedPorts"] = .set(exposedPorts) }
        if !environment.isEmpty { config["Env"] = .strings(environment) }
        if !entrypoint.isEmpty { config["Entrypoint"] = .strings(entrypoint) }
        if !command.isEmpty { config["Cmd"] = .strings(command) }
        if !volumes.isEmpty { config["Volumes"] = .set(volumes) }
        if let workingDirectory { config["WorkingDir"] = .string(workingDirectory) }
        if !labels.isEmpty { config["Labels"] = .sortedMap(labels) }
        if let stopSignal { config["StopSignal"] = .string(stopSignal) }
        return .object(config)
    }
}

extension ImageConfiguration.History {
    init(json node: JSONNode) throws(JSONError) {
        created = try node.optionalString("created")
        createdBy = try node.optionalString("created_by")
        author = try node.optionalString("author")
        comment = try node.optionalString("comment")
        isEmpty = try node.optional("empty_layer")?.bool() ?? false
    }

    var json: JSONValue {
        var object = JSONObject()
        if let created { object["created"] = .string(created) }
        if let createdBy { object["created_by"] = .string(createdBy) }
        if let author { object["author"] = .string(author) }
        if let comment { object["comment"] = .string(comment) }
        if isEmpty { object["empty_layer"] = true }
        return .object(object)
    }
}

/// A key of `ExposedPorts`: `8080`, `8080/tcp`, `53/udp`.
public struct ExposedPort: Hashable, Sendable {
    /// The protocol of the port.
    public enum Transport: String, Sendable {
        case tcp
        case udp
    }

    public let number: UInt16
    public let transport: Transport

    /// Nil for what isn't a port from 1 to 65535 of a known protocol.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(parts[0]), number > 0,
            let transport = parts.count == 2 ? Transport(rawValue: String(parts[1])) : .tcp
        else { return nil }
        self.number = number
        self.transport = transport
    }
}

extension ImageConfiguration {
    /// The exposed ports that martlet understands.
    public var ports: [ExposedPort] { exposedPorts.compactMap { ExposedPort(parsing: $0) } }
}
