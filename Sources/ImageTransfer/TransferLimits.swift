import OCISpec

/// Bounds on what an import or a build takes in. What martlet unpacks has bounds of its own, `UnpackLimits`.
public struct TransferLimits: Sendable, Equatable {
    /// A manifest, an index, a configuration; checked before anything is read.
    public var documentBytes = SpecificationLimits.documentBytes
    /// One blob.
    public var blobBytes: Int64 = 32 << 30
    /// All files of an archive together, uncompressed.
    public var archiveBytes: Int64 = 64 << 30
    /// Entries of an archive of images.
    public var archiveEntries = 100_000
    /// Images of one archive or layout.
    public var images = 1024
    /// A WebAssembly binary that is built into an image or inspected.
    public var moduleBytes = 512 << 20
    /// Files of a directory that is built into an image, and directories within each other.
    public var buildEntries = 1_000_000
    public var buildDepth = 200

    public init() {}

    public static let standard = TransferLimits()
}
