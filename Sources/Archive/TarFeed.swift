import CArchive

/// Hands decompressed bytes to the tar reader, and no more of them for one entry's headers than allowed.
final class TarFeed {
    let stream: any ContentStream
    private(set) var failure: ArchiveError?
    private let headerBytes: UInt64
    private var headerBudget: UInt64?

    /// Bytes that came out of the stream so far.
    private var bytes: UInt64 = 0
    /// Where the stream really ended, when it ended inside a block and zeros were added up to the block's end.
    private(set) var unpaddedEnd: UInt64?
    private let zeros: UnsafeMutableRawBufferPointer

    /// What tar counts in.
    private static let blockBytes = 512

    init(_ stream: any ContentStream, headerBytes: UInt64) {
        self.stream = stream
        self.headerBytes = headerBytes
        zeros = .allocate(byteCount: Self.blockBytes, alignment: 1)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { zeros.deallocate() }

    /// libarchive keeps one entry's headers and the map of a sparse file in memory: while it reads those, bytes count.
    func duringHeader(_ body: () -> Int32) -> Int32 {
        headerBudget = headerBytes
        defer { headerBudget = nil }
        return body()
    }

    fileprivate func read() -> UnsafeRawBufferPointer? {
        guard failure == nil else { return nil }
        do throws(ArchiveError) {
            if headerBudget == 0 {
                throw .limitReached(.headerBytes, allowed: headerBytes, where: "headers of an entry")
            }
            guard let piece = try stream.next() else { return padding() }
            bytes += UInt64(piece.count)
            if let budget = headerBudget { headerBudget = budget - min(budget, UInt64(piece.count)) }
            return piece
        } catch {
            failure = error
            return nil
        }
    }

    /// The zeros that a stream without the end of its last block lacks, once; then nothing.
    ///
    /// umoci's `insert` leaves them out, and Go's tar reader, by which the field goes, doesn't miss them.
    private func padding() -> UnsafeRawBufferPointer {
        let rest = Int(bytes % UInt64(Self.blockBytes))
        guard unpaddedEnd == nil, rest > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        unpaddedEnd = bytes
        return UnsafeRawBufferPointer(rebasing: zeros[rest...])
    }
}

/// libarchive's read callback.
///
/// SAFETY: `context` is the feed that was given to archive_read_open2, which outlives its archive; the bytes handed
/// out live until the next call.
func readContent(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?, result: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let context, let result else { return -1 }
    let feed = Unmanaged<TarFeed>.fromOpaque(context).takeUnretainedValue()
    guard let piece = feed.read() else { return -1 }
    result.pointee = piece.baseAddress
    return piece.count
}
