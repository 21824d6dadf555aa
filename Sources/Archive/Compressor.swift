import CArchive

/// Compresses a stream of bytes with none, gzip or zstd, the same bytes always to the same.
final class Compressor {
    private let archive: OpaquePointer
    private let feed: SinkFeed

    init(_ compression: Compression, level: Int?, to feed: SinkFeed) throws(ArchiveError) {
        guard let archive = archive_write_new() else { throw .library("out of memory") }
        do throws(ArchiveError) {
            try Compressor.open(archive, compression, level: level, feed)
        } catch {
            abandon(archive)
            throw error
        }
        self.archive = archive
        self.feed = feed
    }

    deinit { abandon(archive) }

    func write(_ bytes: RawSpan) throws(ArchiveError) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
        try check(written == count ? ARCHIVE_OK : ARCHIVE_FATAL)
    }

    /// Ends the compressed stream.
    func finish() throws(ArchiveError) { try check(archive_write_close(archive)) }

    var storedBytes: UInt64 { feed.bytes }

    private func check(_ code: Int32) throws(ArchiveError) {
        if let failure = feed.failure { throw failure }
        let status = LibraryStatus(code, of: archive)
        guard status.succeeded else { throw .library(status.message) }
    }

    private static func open(
        _ archive: OpaquePointer, _ compression: Compression, level: Int?, _ feed: SinkFeed
    ) throws(ArchiveError) {
        func check(_ code: Int32) throws(ArchiveError) {
            let status = LibraryStatus(code, of: archive)
            guard status.succeeded else { throw .library(status.message) }
        }
        try check(archive_write_set_format_raw(archive))
        switch compression {
        case .none: break
        case .gzip:
            try check(archive_write_add_filter_gzip(archive))
            // The time of compression would make every archive another one.
            try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
        case .zstd: try check(archive_write_add_filter_zstd(archive))
        case .xz: throw .library("xz archives are read, not written")
        }
        if let level, compression != .none {
            try check(archive_write_set_filter_option(archive, nil, "compression-level", String(level)))
        }
        try check(archive_write_set_bytes_per_block(archive, 1 << 18))
        try check(archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            archive_write_open(archive, Unmanaged.passUnretained(feed).toOpaque(), nil, writePiece, nil))
        guard let entry = archive_entry_new() else { throw .library("out of memory") }
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, 0o100000)
        try check(archive_write_header(archive, entry))
    }
}

/// Frees an archive, finished or not: libarchive would otherwise write the end of an unfinished one.
func abandon(_ archive: OpaquePointer) {
    archive_write_fail(archive)
    archive_write_free(archive)
}
