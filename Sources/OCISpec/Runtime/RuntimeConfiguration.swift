import JSON

/// A bundle's `config.json`. Runtime specification, "Configuration".
///
/// Everything that the specification has for Linux is read into types and checked as far as the document alone tells; an
/// error says where in the document. Members that the specification doesn't know are ignored, as it demands.
public struct RuntimeConfiguration: Sendable {
    public var version: String
    public var process: RuntimeProcess?
    public var root: Root?
    public var hostname: String?
    public var domainname: String?
    public var mounts: [RuntimeMount]
    public var hooks: RuntimeHooks
    public var annotations: [String: String]
    public var linux: LinuxConfiguration
    /// The whole document.
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

    /// Bytes of a host's or a domain's name; the kernel's limit.
    public static let nameLimit = 64

    public init(json node: JSONNode) throws(JSONError) {
        document = node
        version = try Self.version(node)
        process = try node.section("process") { node throws(JSONError) in try RuntimeProcess(json: node) }
        root = try node.section("root") { node throws(JSONError) in
            Root(path: try node.requiredText("path"), isReadOnly: try node.bool("readonly") ?? false)
        }
        hostname = try Self.name(node, "hostname")
        domainname = try Self.name(node, "domainname")
        mounts = try node.each("mounts", limit: Self.mountLimit) { node throws(JSONError) in
            try RuntimeMount(json: node)
        }
        hooks = try node.section("hooks") { node throws(JSONError) in try RuntimeHooks(json: node) } ?? RuntimeHooks()
        annotations = try node.textMap("annotations")
        linux =
            try node.section("linux") { node throws(JSONError) in try LinuxConfiguration(json: node) }
            ?? LinuxConfiguration()
    }

    /// Reads the bytes of a `config.json`.
    public init(reading bytes: [UInt8]) throws(JSONError) {
        try self.init(json: try JSONNode(reading: bytes))
    }

    /// The specification keeps compatibility within a major version.
    private static func version(_ node: JSONNode) throws(JSONError) -> String {
        let versionNode = try node.required("ociVersion")
        let version = try versionNode.string()
        guard version.hasPrefix("1."), let minor = version.utf8.dropFirst(2).first,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(minor)
        else { throw versionNode.invalid("\(shortened(version)) isn't supported, expected 1.x") }
        return version
    }

    private static func name(_ node: JSONNode, _ key: String) throws(JSONError) -> String? {
        guard let name = try node.text(key) else { return nil }
        guard name.utf8.count <= nameLimit else {
            throw try node.required(key).invalid("is longer than the \(nameLimit) bytes of a name")
        }
        return name
    }
}
