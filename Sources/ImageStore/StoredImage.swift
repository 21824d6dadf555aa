import OCISpec

/// An image of the store, as `resolve` found it: everything that a launch needs, from one file.
public struct StoredImage: Sendable, Equatable {
    /// The name by which it was found; nil when it was an id.
    public let reference: ImageReference?
    public let record: ImageRecord
    public let form: Form

    /// Whether it has layers, or is one module; with where that is.
    public enum Form: Equatable, Sendable {
        /// The workload is this WebAssembly binary.
        case artifact(moduleDigest: Digest, modulePath: String)
        /// The workload lies in a root file system, which is nil until it has been unpacked.
        case layers(chainID: Digest, rootPath: String?)
    }

    /// The image's id.
    public var manifestDigest: Digest { record.manifest.digest }
    public var configuration: ImageConfiguration { record.configuration }
    public var platform: Platform { record.configuration.platform }
    public var annotations: [String: String] { record.annotations }
}

/// An image with all its names, as a list shows it.
public struct ListedImage: Sendable, Equatable {
    public let image: StoredImage
    /// Empty for an image that lost its names to newer ones.
    public let names: [ImageReference]
}
