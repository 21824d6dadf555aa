import JSON

/// A bundle's `config.json`. Runtime specification, "Configuration".
///
/// What a wasm workload is made of is read into types; the rest stays reachable in `document` with its paths.
public struct RuntimeConfiguration: Sendable {
    public var version: String
    public var process: RuntimeProcess?
    public var root: Root?
    public var hostname: String?
    public var domainname: String?
    public var mounts: [RuntimeMount]
    public var annotations: [String: String]
    /// The whole document, for what has no type here: `hooks`, `linux`, `vm`.
    public var document: JSONNode

    public struct Root: Equatable, Sendable {
        /// Absolute, or relative to the bundle.
        public var path: String
        public var isReadOnly: Bool

        public init(path: String, isReadOnly: Bool = false) {
            self.path = path
            self.isReadOnly = isReadOnly
        }
    }

    /// Mounts of one container.
    public static let mountLimit = 4096

    public init(json node: JSONNode) throws(JSONError) {
        document = node
        let versionNode = try node.required("ociVersion")
        version = try versionNode.string()
        guard version.hasPrefix("1.") else {
            throw versionNode.invalid("\(shortened(version)) isn't supported, expected 1.x")
        }
        process = try node.optional("process").map { node throws(JSONError) in try RuntimeProcess(json: node) }
        if let rootNode = try node.optional("root") {
            let path = try rootNode.required("path")
            root = Root(
                path: try path.string(), isReadOnly: try rootNode.optional("readonly")?.bool() ?? false)
            guard root?.path.isEmpty == false else { throw path.invalid("is empty") }
        }
        hostname = try node.optionalString("hostname")
        domainname = try node.optionalString("domainname")
        mounts = []
        for mount in try node.list("mounts", limit: Self.mountLimit) { mounts.append(try RuntimeMount(json: mount)) }
        annotations = try node.stringMap("annotations")
    }

    /// Reads the bytes of a `config.json`.
    public init(reading bytes: [UInt8]) throws(JSONError) {
        try self.init(json: try JSONNode(reading: bytes))
    }

    /// The `linux` section as it stands; nil when there is none.
    public var linux: JSONNode? { get throws(JSONError) { try document.optional("linux") } }

    /// The `hooks` section as it stands; nil when there is none.
    public var hooks: JSONNode? { get throws(JSONError) { try document.optional("hooks") } }
}

/// A mount: `source` of the host seen at `destination`. Runtime specification, "Mounts".
public struct RuntimeMount: Equatable, Sendable {
    public var destination: String
    public var source: String?
    public var type: String?
    public var options: [String]
    public var uidMappings: [IDMapping]
    public var gidMappings: [IDMapping]

    public init(destination: String, source: String?, type: String? = nil, options: [String] = []) {
        self.destination = destination
        self.source = source
        self.type = type
        self.options = options
        uidMappings = []
        gidMappings = []
    }

    init(json node: JSONNode) throws(JSONError) {
        let destinationNode = try node.required("destination")
        destination = try destinationNode.string()
        guard !destination.isEmpty else { throw destinationNode.invalid("is empty") }
        source = try node.optionalString("source")
        type = try node.optionalString("type")
        options = try node.strings("options")
        uidMappings = try IDMapping.list(node, "uidMappings")
        gidMappings = try IDMapping.list(node, "gidMappings")
    }

    public var isBind: Bool { type == "bind" || options.contains("bind") || options.contains("rbind") }

    /// The last of `ro` and `rw` wins, as mount(8) has it.
    public var isReadOnly: Bool {
        options.last { $0 == "ro" || $0 == "rw" || $0 == "rro" }.map { $0 != "rw" } ?? false
    }
}

/// A range of user or group ids of the container and where it begins on the host.
public struct IDMapping: Equatable, Sendable {
    public var containerID: UInt32
    public var hostID: UInt32
    public var size: UInt32

    /// Ranges of one mapping; the kernel's limit.
    public static let limit = 340

    init(json node: JSONNode) throws(JSONError) {
        containerID = try node.required("containerID").integer()
        hostID = try node.required("hostID").integer()
        size = try node.required("size").integer()
        guard !containerID.addingReportingOverflow(size).overflow, !hostID.addingReportingOverflow(size).overflow else {
            throw node.invalid("reaches beyond the last id")
        }
    }

    public static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [IDMapping] {
        var mappings: [IDMapping] = []
        for mapping in try node.list(key, limit: limit) { mappings.append(try IDMapping(json: mapping)) }
        return mappings
    }
}
