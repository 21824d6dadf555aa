/// Bounds on what a document of the image specification may hold.
public enum SpecificationLimits {
    /// Length of a manifest, an index or a configuration, in bytes; the limit that registries have.
    public static let documentBytes = 4 << 20
    /// Layers of one image.
    public static let layers = 1024
    /// Entries of one index.
    public static let indexEntries = 1024
    /// Indexes within each other.
    public static let indexDepth = 8
    /// Entries of an index and of all indexes inside it.
    public static let nestedEntries = 4096
}
