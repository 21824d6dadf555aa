import CArchive

/// Reads a tar archive (ustar, pax, GNU; plain, gzip, zstd or xz) once from its beginning to its end.
///
/// Use: `nextEntry` until it returns nil; after each entry `withNextBlock` as often as wanted; `finish` at the end, which
/// reads what is left, so that the taps have seen every byte. Nothing but tar is understood, and no program is run.
/// After an error every further call throws the same error.
public final class ArchiveReader {
    private let archive: OpaquePointer
    private let feed: TarFeed
    private let locale: NameLocale
    private var failure: ArchiveError?
    private var ended = false

    /// The entry that `nextEntry` returned last: its number from 1, its name for messages, its size.
    private var number: UInt64 = 0
    private var place = ""
    private var size: UInt64 = 0
    private var hasData = false

    /// Opens the archive and finds out how it is compressed.
    ///
    /// With `readAhead` a second thread reads, decompresses and feeds the taps; it ends with the reader. A process that
    /// forks later passes false. Throws `notAnArchive` when the first bytes fit nothing.
    public init(
        _ source: any ByteSource, limits: ArchiveLimits = .standard, taps: ArchiveTaps = ArchiveTaps(),
        readAhead: Bool = false
    ) throws(ArchiveError) {
        locale = try NameLocale()
        let decompressor = try Decompressor(source, limits: limits, taps: taps)
        let stream: any ContentStream = readAhead ? try ReadAhead(decompressor) : decompressor
        let feed = TarFeed(stream, headerBytes: limits.headerBytes)
        guard let archive = archive_read_new() else { throw .library("out of memory") }
        do throws(ArchiveError) {
            try ArchiveReader.open(archive, feed)
        } catch {
            archive_read_free(archive)
            throw error
        }
        self.archive = archive
        self.feed = feed
    }

    deinit { archive_read_free(archive) }

    private static func open(_ archive: OpaquePointer, _ feed: TarFeed) throws(ArchiveError) {
        let format = LibraryStatus(archive_read_support_format_tar(archive), of: archive)
        guard format.succeeded else { throw .library(format.message) }
        let context = Unmanaged.passUnretained(feed).toOpaque()
        let code = archive_read_open2(archive, context, nil, readContent, nil, nil)
        if let failure = feed.failure { throw failure }
        let opened = LibraryStatus(code, of: archive)
        guard opened.succeeded else { throw .notAnArchive(opened.message) }
    }

    /// The next entry, skipping what is left of the one before; nil at the end of the archive.
    ///
    /// Throws `malformed` for what the format doesn't allow or what no image may have: negative or contradictory sizes,
    /// owners beyond 32 bits, a kind that doesn't exist.
    public func nextEntry() throws(ArchiveError) -> ArchiveEntry? {
        if let failure { throw failure }
        guard !ended else { return nil }
        do throws(ArchiveError) {
            try skipData()
            number += 1
            var header: OpaquePointer?
            let code = feed.duringHeader { martlet_archive_next_header(archive, &header, locale.handle) }
            if let failure = feed.failure { throw failure }
            if code == ARCHIVE_EOF {
                ended = true
                return nil
            }
            let status = LibraryStatus(code, of: archive)
            guard status.succeeded || status.isUnconvertedName, let header else {
                throw number == 1 && code == ARCHIVE_FATAL
                    ? .notAnArchive(status.message)
                    : .malformed(
                        where: "entry \(number) after \(place.isEmpty ? "the start" : "\"\(place)\"")",
                        reason: status.message)
            }
            let entry = try ArchiveEntry(header, number: number)
            place = entry.displayName
            size = entry.size
            hasData = entry.kind == .regular
            return entry
        } catch {
            failure = error
            throw error
        }
    }

    /// Hands the next piece of the current entry's data to the closure: its offset in the file, and the bytes.
    ///
    /// Between two pieces and after the last one up to the entry's size there may be holes. Returns nil at the end of
    /// the data. The entry's size is never exceeded: an archive that tries is malformed.
    public func withNextBlock<Outcome>(
        _ body: (_ offset: UInt64, _ bytes: RawSpan) -> Outcome
    ) throws(ArchiveError) -> Outcome? {
        if let failure { throw failure }
        guard hasData else { return nil }
        do throws(ArchiveError) {
            while let (offset, piece) = try nextPiece() {
                if !piece.isEmpty { return body(offset, piece.bytes) }
            }
            hasData = false
            return nil
        } catch {
            failure = error
            throw error
        }
    }

    /// The whole data of the current entry, holes as zeros; more than `limit` bytes is an error.
    public func contents(limit: Int) throws(ArchiveError) -> [UInt8] {
        guard size <= UInt64(max(limit, 0)), let count = Int(exactly: size) else {
            throw .limitReached(.requestedBytes, allowed: UInt64(max(limit, 0)), where: "\"\(place)\"")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        while let () = try withNextBlock({ offset, piece in
            bytes.withUnsafeMutableBytes { target in
                // The reader has checked that offset + piece lies inside the entry's size.
                piece.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: target[Int(offset)...]).copyMemory(from: $0)
                }
            }
        }) {}
        return bytes
    }

    /// Reads to the end of the stream, whatever stands there, so that the taps have seen every byte.
    public func finish() throws(ArchiveError) -> ArchiveTotals {
        while try nextEntry() != nil {}
        do throws(ArchiveError) {
            while try feed.stream.next() != nil {}
            return feed.stream.totals
        } catch {
            failure = error
            throw error
        }
    }

    private func nextPiece() throws(ArchiveError) -> (offset: UInt64, bytes: UnsafeRawBufferPointer)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let code = archive_read_data_block(archive, &start, &count, &offset)
        if let failure = feed.failure { throw failure }
        if code == ARCHIVE_EOF { return nil }
        let status = LibraryStatus(code, of: archive)
        guard status.succeeded else { throw .malformed(where: "\"\(place)\"", reason: status.message) }
        // Padding stands behind an entry's data, never in it.
        if let end = feed.unpaddedEnd, archive_filter_bytes(archive, 0) + Int64(count) > Int64(clamping: end) {
            throw .malformed(where: "\"\(place)\"", reason: "the archive ends in the middle of the data")
        }
        guard let from = UInt64(exactly: offset), from <= size, UInt64(count) <= size - from else {
            throw .malformed(
                where: "\"\(place)\"", reason: "data beyond the size of \(size) bytes that its header states")
        }
        return (from, UnsafeRawBufferPointer(start: start, count: count))
    }

    private func skipData() throws(ArchiveError) {
        guard number > 0 else { return }
        hasData = false
        let code = archive_read_data_skip(archive)
        if let failure = feed.failure { throw failure }
        let status = LibraryStatus(code, of: archive)
        guard status.succeeded else { throw .malformed(where: "\"\(place)\"", reason: status.message) }
    }
}
