/// The bounds within which a document is read; what exceeds one is refused before it costs memory.
public struct JSONLimits: Sendable, Equatable {
    /// Length of the document in bytes.
    public var bytes: Int
    /// Arrays and objects within each other.
    public var depth: Int
    /// Values in the whole document; bounds the memory that many tiny values would take.
    public var values: Int

    public init(bytes: Int = 4 << 20, depth: Int = 64, values: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }

    /// For manifests, indexes, configurations and records: 4 MiB, the size that registries accept for a manifest.
    public static let standard = JSONLimits()
}
