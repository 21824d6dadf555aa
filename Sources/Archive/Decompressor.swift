import CArchive

/// Undoes the compression of an archive: gzip, zstd, xz or none, and only one of them.
///
/// libarchive finds out which from the first bytes. Its only format here is "raw": the stream as it is.
final class Decompressor: ContentStream {
    private let archive: OpaquePointer
    private let feed: SourceFeed
    private let limits: ArchiveLimits
    private let tap: (any ByteTap)?
    private let compression: Compression
    private var contentBytes: UInt64 = 0
    private var ended = false

    init(_ source: any ByteSource, limits: ArchiveLimits, taps: ArchiveTaps) throws(ArchiveError) {
        guard let archive = archive_read_new() else { throw .library("out of memory") }
        let feed = SourceFeed(source, tap: taps.stored)
        do throws(ArchiveError) {
            compression = try Decompressor.open(archive, feed)
        } catch {
            archive_read_free(archive)
            throw error
        }
        self.archive = archive
        self.feed = feed
        self.limits = limits
        tap = taps.content
    }

    deinit { archive_read_free(archive) }

    var totals: ArchiveTotals {
        ArchiveTotals(storedBytes: feed.bytes, contentBytes: contentBytes, compression: compression)
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        while !ended {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let code = archive_read_data_block(archive, &start, &count, &offset)
            if let failure = feed.failure { throw failure }
            if code == ARCHIVE_EOF {
                ended = true
                // Bytes behind the end of the compressed stream belong to what the archive's digest is over.
                try feed.drain()
                break
            }
            let status = LibraryStatus(code, of: archive)
            guard status.succeeded else {
                throw .malformed(where: "\(compression.rawValue) stream", reason: status.message)
            }
            guard let start, count > 0 else { continue }
            let piece = UnsafeRawBufferPointer(start: start, count: count)
            try account(for: piece)
            return piece
        }
        return nil
    }

    private func account(for piece: UnsafeRawBufferPointer) throws(ArchiveError) {
        contentBytes += UInt64(piece.count)
        guard contentBytes <= limits.contentBytes else {
            throw .limitReached(.contentBytes, allowed: limits.contentBytes, where: "\(compression.rawValue) stream")
        }
        if contentBytes > limits.ratioFloorBytes, contentBytes / max(limits.expansionRatio, 1) > feed.bytes {
            throw .limitReached(
                .expansionRatio, allowed: limits.expansionRatio, where: "\(compression.rawValue) stream")
        }
        tap?.see(piece.bytes)
    }

    private static func open(_ archive: OpaquePointer, _ feed: SourceFeed) throws(ArchiveError) -> Compression {
        // A filter that libarchive lacks would run a program of that name, and says so by a warning: refused.
        for code in [
            archive_read_support_filter_gzip(archive), archive_read_support_filter_zstd(archive),
            archive_read_support_filter_xz(archive), archive_read_support_format_raw(archive),
        ] {
            let status = LibraryStatus(code, of: archive)
            guard status.succeeded else { throw .library(status.message) }
        }
        let context = Unmanaged.passUnretained(feed).toOpaque()
        let opened = LibraryStatus(archive_read_open2(archive, context, nil, readStored, nil, nil), of: archive)
        if let failure = feed.failure { throw failure }
        guard opened.succeeded else { throw .notAnArchive(opened.message) }
        var entry: OpaquePointer?
        let header = LibraryStatus(archive_read_next_header(archive, &entry), of: archive)
        if let failure = feed.failure { throw failure }
        guard header.succeeded else { throw .notAnArchive(feed.bytes == 0 ? "no bytes at all" : header.message) }
        return try filter(of: archive)
    }

    /// The last filter of the chain is always the source itself.
    private static func filter(of archive: OpaquePointer) throws(ArchiveError) -> Compression {
        let count = archive_filter_count(archive)
        guard count <= 2 else { throw .notAnArchive("compressed more than once") }
        guard count == 2 else { return .none }
        switch archive_filter_code(archive, 0) {
        case ARCHIVE_FILTER_GZIP: return .gzip
        case ARCHIVE_FILTER_ZSTD: return .zstd
        case ARCHIVE_FILTER_XZ: return .xz
        default: throw .notAnArchive("a compression that isn't gzip, zstd or xz")
        }
    }
}
