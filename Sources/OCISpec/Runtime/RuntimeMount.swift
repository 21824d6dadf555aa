import JSON

/// A mount: `source` of the host seen at `destination`. Runtime specification, "Mounts".
public struct RuntimeMount: Equatable, Sendable {
    /// A path of the container; a relative one (deprecated) begins at its root.
    public var destination: String
    public var source: String?
    public var type: String?
    public var options: [String]
    /// Both mappings or none.
    public var uidMappings: [IDMapping]
    public var gidMappings: [IDMapping]

    public init(
        destination: String, source: String?, type: String? = nil, options: [String] = [],
        uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = []
    ) {
        self.destination = destination
        self.source = source
        self.type = type
        self.options = options
        self.uidMappings = uidMappings
        self.gidMappings = gidMappings
    }

    public init(json node: JSONNode) throws(JSONError) {
        destination = try node.requiredText("destination")
        source = try node.text("source")
        type = try node.text("type")
        options = try node.texts("options")
        uidMappings = try IDMapping.list(node, "uidMappings")
        gidMappings = try IDMapping.list(node, "gidMappings")
        guard uidMappings.isEmpty == gidMappings.isEmpty else {
            throw node.invalid("has one of uidMappings and gidMappings; write both or none")
        }
    }

    public var isBind: Bool { type == "bind" || options.contains("bind") || options.contains("rbind") }

    /// The last of `ro` and `rw` wins, as mount(8) has it.
    public var isReadOnly: Bool {
        options.last { $0 == "ro" || $0 == "rw" || $0 == "rro" }.map { $0 != "rw" } ?? false
    }
}
