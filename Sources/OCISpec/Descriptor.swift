import JSON

/// Names a blob: its type, digest and size. Image specification, "Content Descriptors".
public struct Descriptor: Hashable, Sendable {
    public var mediaType: MediaType
    public var digest: Digest
    /// In bytes, never negative.
    public var size: Int64
    public var platform: Platform?
    public var artifactType: String?
    public var annotations: [String: String]

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil, artifactType: String? = nil,
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.artifactType = artifactType
        self.annotations = annotations
    }

    public init(json node: JSONNode) throws(JSONError) {
        // Old Docker tools leave the type out where only one is possible; the reader of the blob then looks for itself.
        mediaType = MediaType(try node.optionalString("mediaType") ?? "")
        digest = try node.required("digest").digest()
        let sizeNode = try node.required("size")
        size = try sizeNode.integer(Int64.self)
        guard size >= 0 else { throw sizeNode.invalid("\(size) is negative") }
        platform = try node.optional("platform").flatMap { platform throws(JSONError) in try Platform(json: platform) }
        artifactType = try node.optionalString("artifactType")
        annotations = try node.stringMap("annotations")
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["mediaType"] = .string(mediaType.rawValue)
        object["digest"] = .string(digest.description)
        object["size"] = .integer(size)
        if let platform { object["platform"] = platform.json }
        if let artifactType { object["artifactType"] = .string(artifactType) }
        if !annotations.isEmpty { object["annotations"] = .sortedMap(annotations) }
        return .object(object)
    }
}
