import Archive
import ImageStore
import JSON
import OCISpec
import SystemCalls

/// Writes the one layer of an image that is built: sorted, with owner 0 and times of the epoch.
final class LayerBuild {
    private let writer: ArchiveWriter
    private let contentHasher = ContentHasher()
    private let storedHasher = ContentHasher()
    private let session: StoreSession
    private let path: String
    private let limits: TransferLimits
    private let compression: Compression
    private var entries = 0
    private var isFinished = false

    init(_ request: BuildRequest, _ session: StoreSession) throws(TransferError) {
        self.session = session
        limits = request.limits
        compression = request.compression
        let path = session.store.temporaryPath("layer")
        self.path = path
        let file = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o600)
        }
        do throws(ArchiveError) {
            writer = try ArchiveWriter(
                to: DescriptorSink(file), compression: request.compression,
                taps: ArchiveTaps(stored: storedHasher, content: contentHasher))
        } catch { throw TransferError(error, in: "layer") }
    }

    deinit {
        if !isFinished { try? Files.unlink(path) }
    }

    /// Adds a file at the root.
    func add(file name: String, _ bytes: [UInt8]) throws(TransferError) {
        try count(name)
        do throws(ArchiveError) {
            try writer.add(Self.entry(name, .regular, permissions: 0o755, size: UInt64(bytes.count)))
            try writer.write(bytes.span.bytes)
        } catch { throw TransferError(error, in: name) }
    }

    /// Adds everything below a directory, never leaving it.
    func add(directory path: String) throws(TransferError) {
        let root = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.readOnly, .directory])
        }
        try add(contentsOf: root.rawValue, below: "", shownAs: path, depth: 1)
    }

    /// Ends the layer and puts it into the store: its descriptor and its diff id.
    func finish() throws(TransferError) -> (blob: Descriptor, diffID: Digest) {
        let totals: ArchiveTotals
        do throws(ArchiveError) { totals = try writer.finish() } catch { throw TransferError(error, in: "layer") }
        let digest = storedHasher.digest()
        try storing { () throws(StoreError) in try session.adopt(path, verified: digest) }
        isFinished = true
        let type: MediaType =
            switch compression {
            case .none, .xz: .layer
            case .gzip: .layerGzip
            case .zstd: .layerZstd
            }
        let blob = Descriptor(mediaType: type, digest: digest, size: Int64(clamping: totals.storedBytes))
        return (blob, contentHasher.digest())
    }

    // MARK: The walk

    private func add(
        contentsOf directory: Int32, below prefix: String, shownAs shown: String, depth: Int
    ) throws(TransferError) {
        guard depth <= limits.buildDepth else {
            throw TransferError(.tooLarge, shown, "has more than \(limits.buildDepth) directories within each other")
        }
        for name in try names(directory, shown) {
            let place = "\(shown)/\(name)"
            try count(place)
            let status = try calling(place) { () throws(SystemCallError) in try FileStatus.of(name, in: directory) }
            switch status.kind {
            case .directory:
                try put(Self.entry(prefix + name + "/", .directory, permissions: status.permissions), place)
                let inner = try calling(place) { () throws(SystemCallError) in
                    try Files.open(name, in: directory, flags: [.readOnly, .directory, .noFollow])
                }
                try add(contentsOf: inner.rawValue, below: prefix + name + "/", shownAs: place, depth: depth + 1)
            case .regular:
                try add(file: name, in: directory, at: prefix + name, place)
            case .symbolicLink:
                let target = try calling(place) { () throws(SystemCallError) in
                    try Files.target(ofLink: name, in: directory)
                }
                try put(Self.entry(prefix + name, .symbolicLink(target: Array(target.utf8)), permissions: 0o777), place)
            case .characterDevice, .blockDevice, .pipe, .socket, .unknown:
                throw TransferError(.unsupported, place, "is neither a file, a directory nor a symbolic link")
            }
        }
    }

    /// Sorted by bytes, so that the order is the same on every machine.
    private func names(_ directory: Int32, _ shown: String) throws(TransferError) -> [String] {
        let found: [[CChar]]
        do throws(Errno) { found = try TreeCalls.names(in: directory) } catch {
            throw TransferError(SystemCallError("readdir", shown, error), shown)
        }
        var names: [String] = []
        for bytes in found {
            let bytes = bytes.dropLast().map { UInt8(bitPattern: $0) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                let readable = String(decoding: bytes, as: UTF8.self)
                throw TransferError(.unsupported, shown, "has a file whose name isn't UTF-8: \(quoted(readable))")
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func add(
        file name: String, in directory: Int32, at path: String, _ place: String
    ) throws(TransferError) {
        let file = try calling(place) { () throws(SystemCallError) in
            try Files.open(name, in: directory, flags: [.readOnly, .noFollow, .nonBlocking])
        }
        let status = try calling(place) { () throws(SystemCallError) in try FileStatus.of(file.rawValue) }
        guard status.kind == .regular else { throw TransferError(.unsupported, place, "isn't a file any more") }
        let entry = Self.entry(path, .regular, permissions: status.permissions, size: UInt64(clamping: status.size))
        do throws(ArchiveError) {
            try writer.add(entry)
            try writer.write(everythingOf: DescriptorSource(file))
        } catch { throw TransferError(error, in: place) }
    }

    private func put(_ entry: ArchiveEntry, _ place: String) throws(TransferError) {
        do throws(ArchiveError) { try writer.add(entry) } catch { throw TransferError(error, in: place) }
    }

    private func count(_ place: String) throws(TransferError) {
        entries += 1
        guard entries <= limits.buildEntries else {
            throw TransferError(.tooLarge, place, "is one of more than \(limits.buildEntries) files")
        }
    }

    private static func entry(
        _ path: String, _ kind: ArchiveEntry.Kind, permissions: UInt32, size: UInt64 = 0
    ) -> ArchiveEntry {
        ArchiveEntry(path: Array(path.utf8), kind: kind, permissions: permissions, size: size)
    }
}
