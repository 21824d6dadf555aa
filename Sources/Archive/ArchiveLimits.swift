/// What reading one archive may cost at most.
public struct ArchiveLimits: Sendable {
    /// Bytes after decompression, headers included.
    public var contentBytes: UInt64

    /// Decompressed bytes for each compressed byte, checked once `ratioFloorBytes` have come out.
    public var expansionRatio: UInt64

    /// As long as fewer bytes have come out, any ratio is fine.
    public var ratioFloorBytes: UInt64

    /// Bytes of one entry's headers: the block itself, long names, extended headers, the map of a sparse file.
    public var headerBytes: UInt64

    public init(
        contentBytes: UInt64 = 64 << 30, expansionRatio: UInt64 = 250, ratioFloorBytes: UInt64 = 64 << 20,
        headerBytes: UInt64 = 4 << 20
    ) {
        self.contentBytes = contentBytes
        self.expansionRatio = expansionRatio
        self.ratioFloorBytes = ratioFloorBytes
        self.headerBytes = headerBytes
    }

    public static let standard = ArchiveLimits()
}

/// Which limit of `ArchiveLimits` was reached.
public enum ArchiveLimit: Sendable, Hashable {
    case contentBytes, expansionRatio, headerBytes, requestedBytes

    var unit: String {
        switch self {
        case .contentBytes: "bytes after decompression"
        case .expansionRatio: "bytes for each compressed byte"
        case .headerBytes: "bytes of headers for one entry"
        case .requestedBytes: "bytes, which is all that was asked for"
        }
    }
}
