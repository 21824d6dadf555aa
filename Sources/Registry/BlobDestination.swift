import OCISpec

/// Where pulled blobs go: `ImageStore`'s content.
public protocol BlobDestination: Sendable {
    /// Whether the blob is there already, whole and checked.
    func holds(_ blob: Descriptor) throws -> Bool

    /// Begins to write a blob, or goes on where an earlier try stopped.
    func sink(for blob: Descriptor) throws -> any BlobSink
}

/// One blob on its way in. Used by one task at a time.
public protocol BlobSink: Sendable {
    /// How many bytes are there so far.
    var position: Int64 { get }

    /// Appends; the bytes are valid during the call.
    func append(_ bytes: UnsafeRawBufferPointer) throws

    /// Drops what is there: the registry can't continue, or what was there didn't match.
    func restart() throws

    /// Checks the digest over all bytes and keeps the blob; false when it doesn't match, and then nothing is kept.
    func finish() throws -> Bool

    /// Leaves what is there for a later try.
    func pause()
}
