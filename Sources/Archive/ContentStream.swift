/// The decompressed bytes of an archive, in pieces.
protocol ContentStream: AnyObject {
    /// The next piece, never empty, valid until the next call; nil at the end.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer?

    /// What has gone through. Final after `next` returned nil.
    var totals: ArchiveTotals { get }
}
