import Archive
import SystemCalls

/// Applies the layers of an image, the lowest first, to a directory (image-spec, "Applying Changesets").
///
/// The directory should be new and empty, in a place that only this user can reach. When a layer fails it holds a part
/// of the image and is to be removed whole (`TreeRemoval`); the image store sees to that. Whatever a layer holds, nothing outside of the directory is touched: every name is walked by
/// descriptors that follow no link, files are made and never opened for writing, and metadata is set by descriptor.
/// The umask has no say.
public final class LayerUnpacker {
    let limits: UnpackLimits
    let privileges: UnpackPrivileges
    public internal(set) var summary = UnpackSummary()

    var directories: OpenDirectories
    var record = LayerRecord()

    /// The entry at hand, for messages.
    var entryName: String?
    private var contentBytes: UInt64 = 0

    /// The root must be an open directory; it is kept until the unpacker ends.
    public init(
        root: consuming OwnedDescriptor, limits: UnpackLimits = .standard,
        privileges: UnpackPrivileges = .ofThisProcess
    ) throws(UnpackError) {
        do throws(Errno) {
            let status = try FileCalls.status(of: root.rawValue)
            guard status.kind == .directory else { throw .notDirectory }
        } catch {
            throw UnpackError(layer: 0, entry: nil, .system(SystemCallError("fstat", "the root", error)))
        }
        self.limits = limits
        self.privileges = privileges
        directories = OpenDirectories(root: OpenDirectory(root, name: [], node: LayerRecord.root))
    }

    var root: OpenDirectory { directories.levels[0] }

    /// Applies the next layer and returns what went through its two streams.
    ///
    /// The taps see every byte of the layer, so that its digest and diff id can be checked afterwards: the tree counts
    /// only once they are found right. With `readAhead` a second thread decompresses and feeds the taps.
    @discardableResult
    public func apply(
        _ layer: any ByteSource, taps: ArchiveTaps = ArchiveTaps(), readAhead: Bool = false
    ) throws(UnpackError) -> ArchiveTotals {
        summary.layers += 1
        entryName = nil
        record = LayerRecord()
        guard UInt64(summary.layers) <= limits[.layers] else { throw limitReached(.layers) }
        do throws(Errno) {
            try prepare(LayerRecord.root, root.descriptor.rawValue)
        } catch { throw failed("fstat", error) }
        let outcome: Result<ArchiveTotals, UnpackError>
        do throws(ArchiveError) {
            let reader = try ArchiveReader(layer, limits: archiveLimits, taps: taps, readAhead: readAhead)
            outcome = try applyEntries(of: reader)
        } catch { throw translated(error) }
        let totals = try outcome.get()
        contentBytes += totals.contentBytes
        entryName = nil
        try finishDirectories()
        return totals
    }

    /// A failure of our own is a result here, so that the archive's failures stay typed.
    private func applyEntries(of reader: ArchiveReader) throws(ArchiveError) -> Result<ArchiveTotals, UnpackError> {
        while let entry = try reader.nextEntry() {
            entryName = entry.displayName
            do throws(UnpackError) {
                try apply(entry, reader)
            } catch { return .failure(error) }
        }
        return .success(try reader.finish())
    }

    private func apply(_ entry: ArchiveEntry, _ reader: ArchiveReader) throws(UnpackError) {
        try countEntry()
        let path: EntryPath
        let purpose: EntryPurpose
        do throws(Refusal) {
            path = try EntryPath(entry.path, limits: limits)
            purpose = try EntryPurpose(path)
        } catch { throw because(error) }
        switch purpose {
        case .auxiliary: summary.note(.auxiliaryFileSkipped, entry.displayName)
        case .whiteout(let name): try hide(name, in: path)
        case .opaqueDirectory: try hideAll(in: path)
        case .content: try unpack(entry, at: path, reader)
        }
    }

    private func unpack(_ entry: ArchiveEntry, at path: EntryPath, _ reader: ArchiveReader) throws(UnpackError) {
        try checkAttributes(of: entry)
        guard let name = path.components.last else {
            guard entry.kind == .directory else {
                throw refused("the root of a layer is a directory, and nothing else")
            }
            return try settleRoot(entry)
        }
        guard let parent = try openParent(of: path, creating: true) else { return }
        switch entry.kind {
        case .directory: try makeDirectory(entry, name, in: parent)
        case .regular: try makeFile(entry, name, in: parent, reader)
        case .symbolicLink(let target): try makeSymbolicLink(entry, name, in: parent, target)
        case .hardLink(let target): try makeHardLink(name, in: parent, target)
        case .characterDevice(let major, let minor):
            try makeNode(entry, name, in: parent, .characterDevice(major: major, minor: minor))
        case .blockDevice(let major, let minor):
            try makeNode(entry, name, in: parent, .blockDevice(major: major, minor: minor))
        case .pipe: try makeNode(entry, name, in: parent, .pipe)
        }
    }

    /// What this layer's archive may still use up.
    private var archiveLimits: ArchiveLimits {
        ArchiveLimits(
            contentBytes: limits[.bytes] - min(contentBytes, limits[.bytes]), expansionRatio: limits[.expansionRatio])
    }

    func countEntry() throws(UnpackError) {
        summary.entries += 1
        guard summary.entries <= limits[.entries] else { throw limitReached(.entries) }
    }
}

extension LayerUnpacker {
    func refused(_ rule: String) -> UnpackError { UnpackError(layer: summary.layers, entry: entryName, .refused(rule)) }

    func limitReached(_ limit: UnpackLimit) -> UnpackError {
        UnpackError(layer: summary.layers, entry: entryName, .limitReached(limit, allowed: limits[limit]))
    }

    func failed(_ call: String, _ errno: Errno) -> UnpackError {
        UnpackError(layer: summary.layers, entry: entryName, .system(SystemCallError(call, nil, errno)))
    }

    func because(_ refusal: Refusal) -> UnpackError {
        switch refusal {
        case .refused(let rule): refused(rule)
        case .limit(let limit): limitReached(limit)
        }
    }

    /// The archive's limits are ours by other names.
    func translated(_ error: ArchiveError) -> UnpackError {
        switch error {
        case .limitReached(.contentBytes, _, _): limitReached(.bytes)
        case .limitReached(.expansionRatio, _, _): limitReached(.expansionRatio)
        case .limitReached(.headerBytes, _, _), .limitReached(.requestedBytes, _, _), .notAnArchive, .malformed,
            .inputOutput, .stopped, .library:
            UnpackError(layer: summary.layers, entry: entryName, .archive(error))
        }
    }
}
