import Archive
import ImageStore
import OCISpec
import SystemCalls
import WasmBinary

/// Finds the file that an image's entry point names, in the unpacked root or in the layers.
struct EntryFile {
    let image: StoredImage
    let store: ImageStore
    let limits: TransferLimits

    /// Compressed layers are searched up to this size; a larger image has to be unpacked to be looked into.
    static let searchedBytes: Int64 = 256 << 20
    /// Symbolic links that lead to links.
    private static let linkDepth = 8
    /// Enough to tell a native program, whose content nobody needs here.
    private static let headBytes = 512

    func kind() throws(TransferError) -> EntryKind {
        switch image.form {
        case .artifact(let digest, _):
            return EntryKind(
                "module.wasm",
                try storing { () throws(StoreError) in
                    try store.readContent(digest, limit: limits.moduleBytes)
                })
        case .layers(_, let root):
            guard let entry = image.configuration.arguments.first, !entry.isEmpty else {
                return .unknown("the image names no entry point")
            }
            let file = entry.split(separator: "#", maxSplits: 1).first.map { String($0) } ?? entry
            for path in candidates(file) {
                let bytes = if let root { try content(of: path, in: root) } else { try inLayers(path) }
                if let bytes { return EntryKind(path, bytes) }
            }
            return isSearchable || root != nil
                ? .unknown("the image has no file \(entry)") : .unknown("unpack the image to look into it")
        }
    }

    /// Where an entry point may lie: as it is, or in the working directory, or on the PATH of the image.
    private func candidates(_ file: String) -> [String] {
        if file.hasPrefix("/") { return [file] }
        let directory = image.configuration.workingDirectory ?? "/"
        var paths = ["\(directory)/\(file)", "/\(file)"]
        guard !file.contains("/") else { return paths }
        let path = image.configuration.environment.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count)
        let directories = (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        paths += directories.prefix(32).map { "\($0)/\(file)" }
        return paths
    }

    /// Reads a file of an unpacked root, never leaving it. Nil when it isn't there.
    private func content(of path: String, in root: String) throws(TransferError) -> [UInt8]? {
        do throws(SystemCallError) {
            let directory = try Files.open(root, flags: [.path, .directory, .noFollow])
            let file = try Files.open(
                path, in: directory.rawValue, flags: [.readOnly, .nonBlocking, .noControllingTerminal],
                resolve: [.inRoot, .noMagicLinks])
            guard try FileStatus.of(file.rawValue).kind == .regular else { return nil }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.headBytes, alignment: 1)
            defer { buffer.deallocate() }
            let first = Array(buffer[..<(try Files.read(file.rawValue, into: buffer))])
            guard first.starts(with: BinaryKind.magic) else { return first }
            return try first + Files.readAll(file.rawValue, limit: limits.moduleBytes)
        } catch {
            if [.noSuchFile, .notDirectory, .tooManySymbolicLinks].contains(error.errno) { return nil }
            throw TransferError(error, "\(image.label), \(path)")
        }
    }

    // MARK: In the layers

    private var isSearchable: Bool { image.record.size <= Self.searchedBytes }

    private func inLayers(_ path: String) throws(TransferError) -> [UInt8]? {
        guard isSearchable, var wanted = ArchiveContent.normalized(Array(path.utf8)) else { return nil }
        for _ in 0..<Self.linkDepth {
            switch try search(wanted) {
            case .content(let bytes): return bytes
            case .link(let target): wanted = target
            case nil: return nil
            }
        }
        return nil
    }

    private enum Found {
        case content([UInt8])
        case link(to: String)
    }

    /// Looks for a path in the layers, the highest first.
    private func search(_ path: String) throws(TransferError) -> Found? {
        for layer in image.record.layers.reversed() {
            let blob = try storing { () throws(StoreError) in try store.openContent(layer.digest) }
            do throws(ArchiveError) {
                let reader = try ArchiveReader(DescriptorSource(blob))
                if let found = try find(path, reader) { return found }
            } catch { throw TransferError(error, in: "\(image.label), layer \(layer.digest.short)") }
        }
        return nil
    }

    private func find(_ path: String, _ reader: ArchiveReader) throws(ArchiveError) -> Found? {
        while let entry = try reader.nextEntry() {
            guard ArchiveContent.normalized(entry.path) == path else { continue }
            switch entry.kind {
            case .regular:
                return .content(try reader.contents(limit: limits.moduleBytes))
            case .symbolicLink(let target):
                let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
                let base = target.first == UInt8(ascii: "/") ? "" : parent
                return ArchiveContent.normalized(Array(base.utf8) + target).map { .link(to: $0) }
            case .hardLink(let target):
                return ArchiveContent.normalized(target).map { .link(to: $0) }
            case .directory, .characterDevice, .blockDevice, .pipe:
                return nil
            }
        }
        return nil
    }
}
