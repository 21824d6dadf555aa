import CArchive

/// Hands the bytes of a source to libarchive, and to the tap on the way.
final class SourceFeed {
    private let source: any ByteSource
    private let tap: (any ByteTap)?
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var bytes: UInt64 = 0

    /// What the source failed with: libarchive only learns that there was a failure.
    private(set) var failure: ArchiveError?

    init(_ source: any ByteSource, tap: (any ByteTap)?) {
        self.source = source
        self.tap = tap
        buffer = .allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next bytes, valid until the next call; empty at the end and after a failure.
    func read() -> UnsafeRawBufferPointer {
        guard failure == nil else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        do throws(ArchiveError) {
            let count = try source.read(into: buffer)
            guard (0...buffer.count).contains(count) else {
                throw .stopped("a source gave \(count) bytes for a buffer of \(buffer.count)")
            }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            bytes += UInt64(count)
            if count > 0 { tap?.see(piece.bytes) }
            return piece
        } catch {
            failure = error
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    /// Reads what is left, so that the tap sees it.
    func drain() throws(ArchiveError) {
        while !read().isEmpty {}
        if let failure { throw failure }
    }
}

/// libarchive's read callback.
///
/// SAFETY: `context` is the feed that was given to archive_read_open2, which outlives its archive; the bytes handed
/// out live until the next call.
func readStored(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?, result: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let context, let result else { return -1 }
    let feed = Unmanaged<SourceFeed>.fromOpaque(context).takeUnretainedValue()
    let piece = feed.read()
    result.pointee = piece.baseAddress
    return feed.failure == nil ? piece.count : -1
}
