import JSON

/// One image for one platform: a configuration and layers. Image specification, "Image Manifest"; Docker's version 2 alike.
public struct ImageManifest: Equatable, Sendable {
    public var mediaType: MediaType
    public var artifactType: String?
    public var configuration: Descriptor
    public var layers: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]

    public init(
        configuration: Descriptor, layers: [Descriptor], mediaType: MediaType = .imageManifest,
        artifactType: String? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.configuration = configuration
        self.layers = layers
        self.annotations = annotations
    }

    /// `layers` may be null or absent, which is empty; at most `SpecificationLimits.layers`.
    public init(json node: JSONNode) throws(JSONError) {
        try node.checkSchemaVersion()
        mediaType = MediaType(try node.optionalString("mediaType") ?? MediaType.imageManifest.rawValue)
        artifactType = try node.optionalString("artifactType")
        configuration = try Descriptor(json: try node.required("config"))
        layers = []
        for layer in try node.list("layers", limit: SpecificationLimits.layers) {
            layers.append(try Descriptor(json: layer))
        }
        subject = try node.optional("subject").map { node throws(JSONError) in try Descriptor(json: node) }
        annotations = try node.stringMap("annotations")
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["schemaVersion"] = 2
        object["mediaType"] = .string(mediaType.rawValue)
        if let artifactType { object["artifactType"] = .string(artifactType) }
        object["config"] = configuration.json
        object["layers"] = .array(layers.map(\.json))
        if let subject { object["subject"] = subject.json }
        if !annotations.isEmpty { object["annotations"] = .sortedMap(annotations) }
        return .object(object)
    }
}
