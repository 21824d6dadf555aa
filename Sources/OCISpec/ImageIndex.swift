import JSON

/// A list of manifests, mostly one for each platform. Image specification, "Image Index"; Docker's manifest list alike.
public struct ImageIndex: Equatable, Sendable {
    public var mediaType: MediaType
    public var artifactType: String?
    public var manifests: [Descriptor]
    public var annotations: [String: String]

    public init(
        manifests: [Descriptor], mediaType: MediaType = .imageIndex, artifactType: String? = nil,
        annotations: [String: String] = [:]
    ) {
        self.manifests = manifests
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.annotations = annotations
    }

    /// `manifests` may be null, which is empty; at most `SpecificationLimits.indexEntries`.
    public init(json node: JSONNode) throws(JSONError) {
        try node.checkSchemaVersion()
        mediaType = MediaType(try node.optionalString("mediaType") ?? MediaType.imageIndex.rawValue)
        artifactType = try node.optionalString("artifactType")
        manifests = []
        for entry in try node.list("manifests", limit: SpecificationLimits.indexEntries) {
            manifests.append(try Descriptor(json: entry))
        }
        annotations = try node.stringMap("annotations")
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["schemaVersion"] = 2
        object["mediaType"] = .string(mediaType.rawValue)
        if let artifactType { object["artifactType"] = .string(artifactType) }
        object["manifests"] = .array(manifests.map(\.json))
        if !annotations.isEmpty { object["annotations"] = .sortedMap(annotations) }
        return .object(object)
    }
}

extension Descriptor {
    /// Whether this entry of an index describes another one (BuildKit's provenance) and isn't an image to run.
    public var isAttestation: Bool {
        annotations["vnd.docker.reference.type"] == "attestation-manifest"
            || (platform?.os == "unknown" && platform?.architecture == "unknown")
    }
}
