import ImageStore
import OCISpec

/// What a person wants to know about an image.
public struct ImageInspection: Sendable, Equatable {
    /// A layer, as the manifest and the configuration have it.
    public struct Layer: Sendable, Equatable {
        public let descriptor: Descriptor
        /// Nil for the layers of an artifact.
        public let diffID: Digest?
    }

    public let names: [ImageReference]
    public let id: Digest
    public let platform: Platform
    public let isArtifact: Bool
    public let entry: EntryKind
    public let configuration: ImageConfiguration
    public let annotations: [String: String]
    public let layers: [Layer]
    /// Bytes of all blobs.
    public let size: Int64
    /// Where the root file system lies; nil for an artifact and before it is unpacked.
    public let rootPath: String?

    /// Reads the entry point of an image, in the layers if need be.
    public init(
        _ image: StoredImage, names: [ImageReference], in store: ImageStore, limits: TransferLimits = .standard
    ) throws(TransferError) {
        self.names = names
        id = image.manifestDigest
        platform = image.platform
        configuration = image.configuration
        annotations = image.annotations
        size = image.record.size
        entry = try EntryFile(image: image, store: store, limits: limits).kind()
        let diffIDs = image.configuration.diffIDs
        layers = image.record.layers.enumerated().map { number, layer in
            Layer(descriptor: layer, diffID: number < diffIDs.count ? diffIDs[number] : nil)
        }
        switch image.form {
        case .artifact:
            isArtifact = true
            rootPath = nil
        case .layers(_, let path):
            isArtifact = false
            rootPath = path
        }
    }
}
