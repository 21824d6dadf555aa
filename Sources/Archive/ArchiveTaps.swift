/// Sees every byte of a stream once and in order; the way to compute digests while an archive is read or written.
///
/// Called from one thread at a time, not always the same one; what it has seen may be read after `finish()`.
public protocol ByteTap: AnyObject, Sendable {
    func see(_ bytes: RawSpan)
}

/// Listeners on the two streams of an archive.
public struct ArchiveTaps: Sendable {
    /// The archive as it is stored: what a layer's digest is over.
    public var stored: (any ByteTap)?

    /// The tar stream without compression: what a layer's diff id is over.
    public var content: (any ByteTap)?

    public init(stored: (any ByteTap)? = nil, content: (any ByteTap)? = nil) {
        self.stored = stored
        self.content = content
    }
}

/// How many bytes went through the two streams of an archive.
public struct ArchiveTotals: Sendable, Hashable {
    public var storedBytes: UInt64
    public var contentBytes: UInt64
    public var compression: Compression

    public init(storedBytes: UInt64, contentBytes: UInt64, compression: Compression) {
        self.storedBytes = storedBytes
        self.contentBytes = contentBytes
        self.compression = compression
    }
}
