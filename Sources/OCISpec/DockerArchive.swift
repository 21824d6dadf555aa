import JSON

/// One image in the `manifest.json` of a `docker save` archive. Paths are relative to the archive.
public struct DockerArchiveImage: Equatable, Sendable {
    public var configuration: String
    public var repositoryTags: [String]
    /// Lowest first, uncompressed or not.
    public var layers: [String]

    /// Images of one archive.
    public static let imageLimit = 1024
    public static let manifest = "manifest.json"

    public init(configuration: String, repositoryTags: [String], layers: [String]) {
        self.configuration = configuration
        self.repositoryTags = repositoryTags
        self.layers = layers
    }

    public init(json node: JSONNode) throws(JSONError) {
        configuration = try node.required("Config").string()
        repositoryTags = try node.strings("RepoTags")
        layers = []
        for layer in try node.list("Layers", limit: SpecificationLimits.layers) { layers.append(try layer.string()) }
    }

    /// The images of `manifest.json`.
    public static func list(json node: JSONNode) throws(JSONError) -> [DockerArchiveImage] {
        let elements = try node.elements()
        guard elements.count <= imageLimit else {
            throw node.invalid("has \(elements.count) images, at most \(imageLimit) are read")
        }
        var images: [DockerArchiveImage] = []
        for element in elements { images.append(try DockerArchiveImage(json: element)) }
        return images
    }

    public var json: JSONValue {
        [
            "Config": .string(configuration),
            "RepoTags": repositoryTags.isEmpty ? .null : .strings(repositoryTags),
            "Layers": .strings(layers),
        ]
    }
}
