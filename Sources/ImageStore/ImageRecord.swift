import JSON
import OCISpec

/// What the store keeps about one image, in one small file that is never changed: everything a launch needs.
public struct ImageRecord: Equatable, Sendable {
    /// The manifest; its digest is the image's id.
    public var manifest: Descriptor
    /// The digest under which the manifest was found, if an index was asked for.
    public var index: Digest?
    public var configurationBlob: Descriptor
    /// Without the history, which no launch needs.
    public var configuration: ImageConfiguration
    public var layers: [Descriptor]
    public var form: Form
    /// Of the manifest.
    public var annotations: [String: String]
    /// Seconds since the epoch.
    public var imported: Int64

    /// Whether it has layers, or is one module.
    public enum Form: Equatable, Sendable {
        /// One of the layers is the WebAssembly binary.
        case artifact(module: Descriptor)
        /// The layers make a root file system with this chain id.
        case layers(chainID: Digest)
    }

    public init(
        manifest: Descriptor, index: Digest? = nil, configurationBlob: Descriptor, configuration: ImageConfiguration,
        layers: [Descriptor], form: Form, annotations: [String: String] = [:], imported: Int64
    ) {
        self.manifest = manifest
        self.index = index
        self.configurationBlob = configurationBlob
        self.configuration = configuration
        self.configuration.history = []
        self.layers = layers
        self.form = form
        self.annotations = annotations
        self.imported = imported
    }

    /// Bytes of all blobs, each counted once.
    public var size: Int64 {
        var sizes: [Digest: Int64] = [manifest.digest: manifest.size, configurationBlob.digest: configurationBlob.size]
        for layer in layers { sizes[layer.digest] = layer.size }
        return sizes.values.reduce(0) { sum, size in
            let (total, overflow) = sum.addingReportingOverflow(size)
            return overflow ? .max : total
        }
    }

    /// Every blob that the image needs.
    var content: Set<Digest> { Set([manifest.digest, configurationBlob.digest] + layers.map(\.digest)) }
}

extension ImageRecord {
    /// The format of the file; another number is another program's.
    static let format: Int64 = 1

    /// Whether a document names another version's format.
    static func isForeign(_ node: JSONNode) -> Bool {
        guard let format = node.value["format"] else { return false }
        return format != .integer(Self.format)
    }

    init(json node: JSONNode) throws(JSONError) {
        manifest = try Descriptor(json: try node.required("manifest"))
        index = try node.optional("index")?.digest()
        configurationBlob = try Descriptor(json: try node.required("config"))
        configuration = try ImageConfiguration(json: try node.required("image"))
        layers = []
        for layer in try node.required("layers").elements() { layers.append(try Descriptor(json: layer)) }
        if let module = try node.optional("module") {
            form = .artifact(module: try Descriptor(json: module))
        } else {
            form = .layers(chainID: try node.required("chainID").digest())
        }
        annotations = try node.optional("annotations")?.stringMap() ?? [:]
        imported = try node.required("imported").integer()
    }

    var json: JSONValue {
        var object = JSONObject()
        object["format"] = .integer(Self.format)
        object["manifest"] = manifest.json
        if let index { object["index"] = .string(index.description) }
        object["config"] = configurationBlob.json
        object["image"] = configuration.json
        object["layers"] = .array(layers.map(\.json))
        switch form {
        case .artifact(let module): object["module"] = module.json
        case .layers(let chainID): object["chainID"] = .string(chainID.description)
        }
        let sorted = annotations.sorted { $0.key < $1.key }
        object["annotations"] = .object(JSONObject(sorted.map { .init(key: $0.key, value: .string($0.value)) }))
        object["imported"] = .integer(imported)
        return .object(object)
    }
}
