import ImageStore
import JSON
import OCISpec
import SystemCalls
import WasmBinary

/// Makes an image of blobs that are in the store: the last step of an import, a build and a pull.
public enum ImageRegistration {
    /// Reads manifest and configuration, checks that they fit together, and gives the image its names.
    ///
    /// - Parameters:
    ///   - manifest: of a manifest that is in the store, as its configuration and its layers are.
    ///   - index: the digest of the index through which it was chosen, so that a reference by that digest finds it.
    @discardableResult
    public static func register(
        manifest: Descriptor, index: Digest? = nil, names: [ImageReference], in session: StoreSession
    ) throws(TransferError) -> StoredImage {
        let staged = try stage(manifest: manifest, index: index, names: names, in: session)
        return try storing { () throws(StoreError) in try staged.commit() }
    }

    /// The same, but the image gets its names only when the caller commits it.
    public static func stage(
        manifest: Descriptor, index: Digest? = nil, names: [ImageReference], in session: StoreSession
    ) throws(TransferError) -> StagedImage {
        let subject = "image \(manifest.digest.short)"
        let bytes = try blob(manifest, session.store)
        let document = try decoding("\(subject), manifest") { () throws(JSONError) in
            try ManifestDocument(reading: bytes, mediaType: manifest.mediaType)
        }
        guard case .manifest(let content) = document else {
            throw TransferError(.malformed, subject, "is an index where a manifest is expected")
        }
        var manifest = manifest
        manifest.size = Int64(bytes.count)
        if manifest.mediaType.rawValue.isEmpty { manifest.mediaType = content.mediaType }
        manifest.annotations = [:]
        let configuration = try configuration(of: content, subject, session.store)
        manifest.platform = configuration.platform
        let record = ImageRecord(
            manifest: manifest, index: index, configurationBlob: content.configuration, configuration: configuration,
            layers: content.layers, form: try form(of: content, configuration, subject, session.store),
            annotations: content.annotations, imported: Int64(Clocks.now(.realtime) / 1_000_000_000))
        return try storing { () throws(StoreError) in try session.stage(record, names: names) }
    }

    private static func blob(_ descriptor: Descriptor, _ store: ImageStore) throws(TransferError) -> [UInt8] {
        try storing { () throws(StoreError) in
            try store.readContent(descriptor.digest, limit: SpecificationLimits.documentBytes)
        }
    }

    /// What the configuration blob says, whatever its type: artifacts have a smaller one, or none.
    private static func configuration(
        of manifest: ImageManifest, _ subject: String, _ store: ImageStore
    ) throws(TransferError) -> ImageConfiguration {
        let type = manifest.configuration.mediaType.essence
        guard type.isImageConfiguration || type.isWasmConfiguration || type.rawValue.isEmpty else {
            return ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        }
        let bytes = try blob(manifest.configuration, store)
        return try decoding("\(subject), configuration") { () throws(JSONError) in
            let node = try JSONNode(reading: bytes)
            guard type.isWasmConfiguration else { return try ImageConfiguration(json: node) }
            return ImageConfiguration(platform: try WasmConfiguration(json: node).platform)
        }
    }

    private static func form(
        of manifest: ImageManifest, _ configuration: ImageConfiguration, _ subject: String, _ store: ImageStore
    ) throws(TransferError) -> ImageRecord.Form {
        switch manifest.form {
        case .wasm(let module):
            let path = store.contentPath(module.digest)
            let head = try calling(path) { () throws(SystemCallError) in
                try ImageSource.firstBytes(path, count: BinaryKind.magic.count)
            }
            guard head == BinaryKind.magic else {
                throw TransferError(
                    .malformed, subject,
                    "its layer \(module.digest.short) is typed \(module.mediaType) but is no WebAssembly binary")
            }
            return .artifact(module: module)
        case .layers:
            guard manifest.layers.count == configuration.diffIDs.count else {
                throw TransferError(
                    .malformed, subject,
                    "has \(manifest.layers.count) layers, its configuration has \(configuration.diffIDs.count) diff ids"
                )
            }
            if let odd = manifest.layers.first(where: { $0.mediaType.essence.layerCompression == nil }) {
                throw TransferError(
                    .unsupported, subject, "has a layer of the unknown type \(quoted(odd.mediaType.rawValue))")
            }
            return .layers(chainID: .chainID(of: configuration.diffIDs))
        case .unknown(let type):
            throw unsupported(subject, type)
        }
    }

    /// Refuses what can't be run, before its blobs are fetched.
    static func checkForm(of manifest: ImageManifest, _ subject: String) throws(TransferError) {
        if case .unknown(let type) = manifest.form { throw unsupported(subject, type) }
    }

    private static func unsupported(_ subject: String, _ type: String) -> TransferError {
        TransferError(
            .unsupported, subject, "is an artifact of type \(quoted(type)), which martlet can't run",
            advice: "it runs images with file system layers and artifacts with one WebAssembly layer")
    }
}
