/// What unpacking one image may cost at most: each is a bound on all of its layers together unless it says otherwise.
public struct UnpackLimits: Sendable, Equatable {
    private var values: [UnpackLimit: UInt64]

    public init() { values = [:] }

    /// The bound in its own unit (see `UnpackLimit`).
    public subscript(limit: UnpackLimit) -> UInt64 {
        get { values[limit] ?? limit.standard }
        set { values[limit] = newValue }
    }

    public static let standard = UnpackLimits()
}

/// What `UnpackLimits` bounds, and the option of the commands that sets it.
public enum UnpackLimit: String, Sendable, CaseIterable {
    /// Layers of an image.
    case layers
    /// Entries, and directories that no entry names but that lie on the way to one.
    case entries
    /// Bytes of the layers after decompression.
    case bytes
    /// Bytes of one file, holes included.
    case fileBytes
    /// Bytes after decompression for each compressed byte, in each layer.
    case expansionRatio
    /// Bytes of one name with its directories, and of one link's target.
    case pathBytes
    /// Directories above one another.
    case pathDepth
    /// Extended attributes of one entry.
    case attributes
    /// Bytes of the names and values of one entry's extended attributes.
    case attributeBytes

    /// The option's name without the dashes.
    public var option: String {
        switch self {
        case .layers: "max-layers"
        case .entries: "max-entries"
        case .bytes: "max-bytes"
        case .fileBytes: "max-file-bytes"
        case .expansionRatio: "max-expansion-ratio"
        case .pathBytes: "max-path-bytes"
        case .pathDepth: "max-path-depth"
        case .attributes: "max-attributes"
        case .attributeBytes: "max-attribute-bytes"
        }
    }

    /// The bound that holds unless an option says otherwise.
    public var standard: UInt64 {
        switch self {
        case .layers: 500
        case .entries: 1_000_000
        case .bytes: 64 << 30
        case .fileBytes: 64 << 30
        case .expansionRatio: 250
        case .pathBytes: 4095
        case .pathDepth: 200
        case .attributes: 128
        case .attributeBytes: 256 << 10
        }
    }

    /// What is counted, for a message.
    var unit: String {
        switch self {
        case .layers: "layers"
        case .entries: "files and directories"
        case .bytes: "bytes after decompression"
        case .fileBytes: "bytes in one file"
        case .expansionRatio: "bytes for each compressed byte"
        case .pathBytes: "bytes in a name"
        case .pathDepth: "directories above one another"
        case .attributes: "extended attributes of one entry"
        case .attributeBytes: "bytes of extended attributes of one entry"
        }
    }
}
