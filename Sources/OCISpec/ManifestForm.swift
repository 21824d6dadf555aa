import JSON

extension ImageManifest {
    /// What the workload of an image is. DESIGN, "What an image or bundle may hold".
    public enum Form: Equatable, Sendable {
        /// Layers of a root file system; the configuration names the entry point.
        case layers
        /// One layer is the WebAssembly binary itself.
        case wasm(Descriptor)
        /// Something that martlet can't run; the type says what.
        case unknown(artifactType: String)
    }

    /// Decided by the configuration's type first, then by the layers' types.
    public var form: Form {
        let modules = layers.filter { $0.mediaType.essence.isWasmModule }
        if let module = modules.first {
            // Spin's applications have several modules and an application file: a form of their own.
            if configuration.mediaType.essence == .spinApplication || modules.count > 1 {
                return .unknown(artifactType: artifactType ?? configuration.mediaType.rawValue)
            }
            return .wasm(module)
        }
        // A wasm configuration without a typed layer: the only layer is the workload.
        if configuration.mediaType.essence.isWasmConfiguration, layers.count == 1 { return .wasm(layers[0]) }
        if configuration.mediaType.essence.isImageConfiguration { return .layers }
        if !layers.isEmpty, layers.allSatisfy({ $0.mediaType.essence.layerCompression != nil }),
            artifactType == nil, configuration.mediaType.rawValue.isEmpty
        {
            return .layers
        }
        return .unknown(artifactType: artifactType ?? configuration.mediaType.rawValue)
    }
}

/// A document that is either a manifest or an index.
public enum ManifestDocument: Equatable, Sendable {
    case manifest(ImageManifest)
    case index(ImageIndex)

    /// Reads a document whose type is known from its descriptor or from a registry's answer.
    ///
    /// A document that could be read as either is refused: its digest would name two images (CVE-2021-41190).
    public init(reading bytes: [UInt8], mediaType declared: MediaType? = nil) throws(JSONError) {
        let node = JSONNode(
            try JSONValue(reading: bytes, limits: JSONLimits(bytes: SpecificationLimits.documentBytes)))
        let hasEntries = try node.optional("manifests") != nil
        let hasConfiguration = try node.optional("config") != nil
        let hasLayers = try node.optional("layers") != nil
        let hasSchema1Layers = try node.optional("fsLayers") != nil
        guard !(hasEntries && (hasConfiguration || hasLayers)) else {
            throw node.invalid("is a manifest and an index at once")
        }
        let inner = try node.optionalString("mediaType").map { MediaType($0) }
        if let declared, !declared.rawValue.isEmpty, let inner, declared.essence != inner.essence,
            declared.isIndex || declared.isManifest
        {
            throw node.invalid("calls itself \(shortened(inner.rawValue)), its descriptor says \(declared.rawValue)")
        }
        let type = inner ?? declared
        if type?.isSchema1 == true || hasSchema1Layers {
            throw node.invalid("is Docker's schema 1, which isn't supported; push the image again with a current tool")
        }
        if type?.isIndex == true || (type?.isManifest != true && hasEntries) {
            self = .index(try ImageIndex(json: node))
        } else {
            self = .manifest(try ImageManifest(json: node))
        }
    }
}
