import Archive
import ImageStore
import OCISpec
import SystemCalls

/// The files of an archive of images, spread out in the store's `tmp` with their digests known.
///
/// A tar can't be read in any order, and its index may come last: so it is read once, and every file is hashed on the way.
/// Delivering one is then a rename.
final class ArchiveContent: ImageContent {
    let name: String
    private let directory: String
    private let store: ImageStore
    private var files: [String: SpreadFile] = [:]
    /// Symbolic and hard links: the path each leads to, within the archive.
    private var links: [String: String] = [:]

    /// A file of the archive: where it lies now, and what it holds.
    private struct SpreadFile {
        var path: String
        let size: Int64
        let digest: Digest
    }

    /// Links that lead to links.
    private static let linkDepth = 8

    init(
        _ path: String, session: StoreSession, limits: TransferLimits, progress: any TransferProgress
    ) throws(TransferError) {
        name = path
        store = session.store
        let directory = session.store.temporaryPath("import")
        self.directory = directory
        try calling(directory) { () throws(SystemCallError) in try Files.makeDirectory(directory, mode: 0o700) }
        let file = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.readOnly, .noControllingTerminal])
        }
        let length = try calling(path) { () throws(SystemCallError) in try FileStatus.of(file.rawValue).size }
        do throws(ArchiveError) {
            let reader = try ArchiveReader(
                DescriptorSource(file), limits: ArchiveLimits(contentBytes: UInt64(clamping: limits.archiveBytes)),
                taps: ArchiveTaps(stored: ReadCounter(length: length, progress: progress)))
            try spread(reader, limits: limits)
        } catch { throw TransferError(error, in: path) }
    }

    deinit { try? TreeRemoval.remove(directory) }

    // MARK: Reading the archive

    private func spread(_ reader: ArchiveReader, limits: TransferLimits) throws(ArchiveError) {
        var count = 0
        while let entry = try reader.nextEntry() {
            count += 1
            guard count <= limits.archiveEntries else {
                throw .malformed(where: entry.displayName, reason: "more than \(limits.archiveEntries) entries")
            }
            guard let path = Self.normalized(entry.path) else { continue }
            switch entry.kind {
            case .regular:
                let file = try write(entry, path, to: "\(directory)/\(count)", reader)
                if let earlier = files[path], earlier.digest != file.digest {
                    throw .malformed(where: entry.displayName, reason: "occurs twice with different contents")
                }
                files[path] = file
            case .symbolicLink(let target):
                let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
                links[path] = Self.normalized(Array(parent.utf8) + target)
            case .hardLink(let target):
                links[path] = Self.normalized(target)
            case .directory, .characterDevice, .blockDevice, .pipe:
                continue
            }
        }
        _ = try reader.finish()
    }

    private func write(
        _ entry: ArchiveEntry, _ path: String, to target: String, _ reader: ArchiveReader
    ) throws(ArchiveError) -> SpreadFile {
        let isSHA512 = path.hasPrefix("\(ImageLayout.blobs)/sha512/")
        let writer = try SpreadWriter(target, ContentHasher(isSHA512 ? .sha512 : .sha256))
        while let failure = try reader.withNextBlock({ writer.take($1, at: $0) }) {
            if let failure { throw .inputOutput(failure) }
        }
        if let failure = writer.fill(upTo: entry.size) { throw .inputOutput(failure) }
        return SpreadFile(path: target, size: Int64(clamping: entry.size), digest: writer.hasher.digest())
    }

    /// A name without `.` and empty parts, `..` resolved; nil for one that leads out, is empty or isn't UTF-8.
    static func normalized(_ name: [UInt8]) -> String? {
        guard let text = String(validating: name, as: UTF8.self) else { return nil }
        var parts: [String] = []
        for part in text.pathParts where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    // MARK: Handing out files

    /// The path of the file that a name means in the end, links followed.
    private func resolved(_ path: String) -> String? {
        guard var path = Self.normalized(Array(path.utf8)) else { return nil }
        for _ in 0..<Self.linkDepth {
            if files[path] != nil { return path }
            guard let target = links[path] else { return nil }
            path = target
        }
        return nil
    }

    /// Size and digest of a file.
    func content(_ path: String) -> (size: Int64, digest: Digest)? {
        resolved(path).flatMap { files[$0] }.map { ($0.size, $0.digest) }
    }

    /// The first bytes of a file.
    func firstBytes(_ path: String, count: Int) throws(TransferError) -> [UInt8] {
        guard let file = resolved(path).flatMap({ files[$0] }) else { return [] }
        return try calling("\(name): \(path)") { () throws(SystemCallError) in
            try ImageSource.firstBytes(file.path, count: count)
        }
    }

    func document(_ path: String, limit: Int) throws(TransferError) -> [UInt8]? {
        guard let file = resolved(path).flatMap({ files[$0] }) else { return nil }
        guard file.size <= Int64(limit) else {
            throw TransferError(.tooLarge, "\(name): \(path)", "has \(file.size) bytes, at most \(limit) are read")
        }
        return try calling("\(name): \(path)") { () throws(SystemCallError) in
            try Files.contents(of: file.path, limit: limit)
        }
    }

    func deliver(_ path: String, as blob: Descriptor, to session: StoreSession) throws(TransferError) {
        let subject = "\(name): blob \(blob.digest)"
        guard let path = resolved(path), let file = files[path] else {
            throw TransferError(.notFound, subject, "is missing", advice: "the image is incomplete; save it again")
        }
        guard file.size == blob.size else {
            throw TransferError(.mismatch, subject, "has \(file.size) bytes, its descriptor says \(blob.size)")
        }
        guard file.digest == blob.digest else {
            throw TransferError(.mismatch, subject, "its content has the digest \(file.digest)")
        }
        try storing { () throws(StoreError) in try session.adopt(file.path, verified: file.digest) }
        files[path]?.path = store.contentPath(file.digest)
    }
}

/// Writes one file of an archive, holes as zeros, and hashes it. Its failures are results: a reader's callback can't throw.
private final class SpreadWriter {
    let hasher: ContentHasher
    private let file: OwnedDescriptor
    private var position: UInt64 = 0

    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    init(_ path: String, _ hasher: ContentHasher) throws(ArchiveError) {
        self.hasher = hasher
        do throws(SystemCallError) {
            file = try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o600)
        } catch { throw .inputOutput(error) }
    }

    func take(_ bytes: RawSpan, at offset: UInt64) -> SystemCallError? {
        if let failure = fill(upTo: offset) { return failure }
        position += UInt64(bytes.byteCount)
        return bytes.withUnsafeBytes { append($0) }
    }

    /// Zeros up to an offset.
    func fill(upTo offset: UInt64) -> SystemCallError? {
        while position < offset {
            let count = Int(min(offset - position, UInt64(Self.zeros.count)))
            let failure = Self.zeros.withUnsafeBytes { append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let failure { return failure }
            position += UInt64(count)
        }
        return nil
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> SystemCallError? {
        hasher.update(bytes)
        var rest = bytes
        do throws(SystemCallError) {
            while !rest.isEmpty {
                rest = UnsafeRawBufferPointer(rebasing: rest[try Files.write(file.rawValue, rest)...])
            }
            return nil
        } catch { return error }
    }
}

/// Tells how far an archive has been read.
private final class ReadCounter: ByteTap, @unchecked Sendable {
    // SAFETY of @unchecked Sendable: a tap is called from one thread at a time (see `ByteTap`).
    private var bytes: Int64 = 0
    private var told: Int64 = 0
    private let length: Int64
    private let progress: any TransferProgress

    /// Bytes between two reports.
    private static let step: Int64 = 4 << 20

    init(length: Int64, progress: any TransferProgress) {
        self.length = length
        self.progress = progress
    }

    func see(_ span: RawSpan) {
        bytes += Int64(span.byteCount)
        guard bytes - told >= Self.step || bytes == length else { return }
        told = bytes
        progress.observe(.reading(bytes: bytes, of: length))
    }
}
