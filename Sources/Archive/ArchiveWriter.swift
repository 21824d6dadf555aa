import CArchive

/// Writes a tar archive (pax headers only where ustar can't say it), the same entries always to the same bytes.
///
/// Use: `add` an entry, then `write` exactly its `size` bytes when it is a regular file; `finish` at the end. Nothing
/// gets into the archive but what the entries say: no time, no name, no number of this machine's.
public final class ArchiveWriter {
    private let archive: OpaquePointer
    private let content: SinkFeed
    private let compressor: Compressor
    private let compression: Compression
    private let locale: NameLocale
    private var missing: UInt64 = 0
    private var place = ""

    /// `level` is that of zlib or libzstd; nil takes their own.
    public init(
        to sink: any ByteSink, compression: Compression = .none, level: Int? = nil, taps: ArchiveTaps = ArchiveTaps()
    ) throws(ArchiveError) {
        locale = try NameLocale()
        let stored = SinkFeed(tap: taps.stored) { (bytes) throws(ArchiveError) in try sink.write(bytes) }
        let compressor = try Compressor(compression, level: level, to: stored)
        let content = SinkFeed(tap: taps.content) { (bytes) throws(ArchiveError) in try compressor.write(bytes) }
        guard let archive = archive_write_new() else { throw .library("out of memory") }
        do throws(ArchiveError) {
            try ArchiveWriter.open(archive, content)
        } catch {
            abandon(archive)
            throw error
        }
        self.archive = archive
        self.content = content
        self.compressor = compressor
        self.compression = compression
    }

    deinit { abandon(archive) }

    private static func open(_ archive: OpaquePointer, _ feed: SinkFeed) throws(ArchiveError) {
        for code in [
            archive_write_set_format_pax_restricted(archive),
            archive_write_set_format_option(archive, nil, "xattrheader", "SCHILY"),
            archive_write_set_bytes_per_block(archive, 1 << 18),
            archive_write_set_bytes_in_last_block(archive, 1),
            archive_write_open(archive, Unmanaged.passUnretained(feed).toOpaque(), nil, writePiece, nil),
        ] {
            let status = LibraryStatus(code, of: archive)
            guard status.succeeded else { throw .library(status.message) }
        }
    }

    /// Writes an entry's headers. `extents` is ignored: files are written whole, holes as zeros.
    public func add(_ entry: ArchiveEntry) throws(ArchiveError) {
        try endEntry()
        place = entry.displayName
        guard let header = archive_entry_new() else { throw .library("out of memory") }
        defer { archive_entry_free(header) }
        try entry.write(to: header)
        try check(martlet_archive_write_header(archive, header, locale.handle))
        missing = entry.kind == .regular ? entry.size : 0
    }

    /// Writes the next bytes of the entry that was added last; more than its size is an error.
    public func write(_ bytes: RawSpan) throws(ArchiveError) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        guard UInt64(count) <= missing else { throw sizeMismatch("more") }
        let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
        try check(written == count ? ARCHIVE_OK : ARCHIVE_FATAL)
        missing -= UInt64(count)
    }

    /// Writes the end of the archive and of the compressed stream.
    public func finish() throws(ArchiveError) -> ArchiveTotals {
        try endEntry()
        try check(archive_write_close(archive))
        try compressor.finish()
        return ArchiveTotals(
            storedBytes: compressor.storedBytes, contentBytes: content.bytes, compression: compression)
    }

    private func endEntry() throws(ArchiveError) {
        // libarchive would fill up with zeros.
        guard missing == 0 else { throw sizeMismatch("less") }
    }

    private func sizeMismatch(_ difference: String) -> ArchiveError {
        .stopped("\"\(place)\": \(difference) data than the size that was stated; did the file change meanwhile?")
    }

    private func check(_ code: Int32) throws(ArchiveError) {
        if let failure = content.failure { throw failure }
        let status = LibraryStatus(code, of: archive)
        guard status.succeeded || status.isUnconvertedName else {
            throw .malformed(where: "\"\(place)\"", reason: status.message)
        }
    }
}

extension ArchiveEntry {
    /// Hands the entry to libarchive.
    fileprivate func write(to header: OpaquePointer) throws(ArchiveError) {
        try withCString(path) { archive_entry_set_pathname(header, $0) }
        switch kind {
        case .regular: archive_entry_set_filetype(header, 0o100000)
        case .directory: archive_entry_set_filetype(header, 0o040000)
        case .pipe: archive_entry_set_filetype(header, 0o010000)
        case .symbolicLink(let target):
            archive_entry_set_filetype(header, 0o120000)
            try withCString(target) { archive_entry_set_symlink(header, $0) }
        case .hardLink(let target):
            archive_entry_set_filetype(header, 0o100000)
            try withCString(target) { archive_entry_set_hardlink(header, $0) }
        case .characterDevice(let major, let minor):
            archive_entry_set_filetype(header, 0o020000)
            archive_entry_set_rdevmajor(header, dev_t(major))
            archive_entry_set_rdevminor(header, dev_t(minor))
        case .blockDevice(let major, let minor):
            archive_entry_set_filetype(header, 0o060000)
            archive_entry_set_rdevmajor(header, dev_t(major))
            archive_entry_set_rdevminor(header, dev_t(minor))
        }
        archive_entry_set_perm(header, mode_t(permissions & 0o7777))
        archive_entry_set_uid(header, Int64(owner))
        archive_entry_set_gid(header, Int64(group))
        archive_entry_set_mtime(header, time_t(modified.seconds), CLong(modified.nanoseconds))
        if let accessed { archive_entry_set_atime(header, time_t(accessed.seconds), CLong(accessed.nanoseconds)) }
        archive_entry_set_size(header, kind == .regular ? Int64(clamping: size) : 0)
        for attribute in extendedAttributes {
            try withCString(attribute.name) { name in
                attribute.value.withUnsafeBytes {
                    archive_entry_xattr_add_entry(header, name, $0.baseAddress, $0.count)
                }
            }
        }
    }

    /// Lends a name as a C string; one with a zero in it, or without a byte, isn't a name.
    private func withCString(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) throws(ArchiveError) {
        guard !name.isEmpty, !name.contains(0) else {
            throw .malformed(where: "\"\(displayName)\"", reason: "an empty name, or one with a zero byte")
        }
        let ended = name.map { CChar(bitPattern: $0) } + [0]
        ended.withUnsafeBufferPointer { if let start = $0.baseAddress { body(start) } }
    }
}
