import CArchive

/// Takes the bytes that libarchive writes to a sink, past the tap.
final class SinkFeed {
    private let tap: (any ByteTap)?
    private let write: (RawSpan) throws(ArchiveError) -> Void
    private(set) var bytes: UInt64 = 0

    /// What the sink failed with: libarchive only learns that there was a failure.
    private(set) var failure: ArchiveError?

    init(tap: (any ByteTap)?, _ write: @escaping (RawSpan) throws(ArchiveError) -> Void) {
        self.tap = tap
        self.write = write
    }

    fileprivate func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard failure == nil else { return false }
        do throws(ArchiveError) {
            tap?.see(piece.bytes)
            try write(piece.bytes)
            bytes += UInt64(piece.count)
            return true
        } catch {
            failure = error
            return false
        }
    }
}

/// libarchive's write callback.
///
/// SAFETY: `context` is the feed that was given to archive_write_open, which outlives its archive.
func writePiece(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?, bytes: UnsafeRawPointer?, count: Int
) -> Int {
    guard let context else { return -1 }
    let feed = Unmanaged<SinkFeed>.fromOpaque(context).takeUnretainedValue()
    return feed.take(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
}
