import Archive
import ImageStore
import JSON
import OCISpec
import SystemCalls

/// Writes an image of the store to a file or a directory that other tools read.
public struct ImageExport: Sendable {
    /// What is written.
    public enum Format: Sendable, Equatable {
        /// An image layout directory.
        case layout
        /// An image layout in a tar.
        case archive(Compression)
        /// What `docker load` reads: a layout with Docker's `manifest.json` beside it.
        case docker
    }

    public var format = Format.layout
    /// The name inside; nil takes the one by which the image was found.
    public var name: ImageReference?
    public var progress: any TransferProgress = SilentProgress()

    public init() {}

    /// Writes to a path that isn't there yet (a layout may go into an empty directory). Same image, same bytes.
    ///
    /// What is written gets its name at the end; a failure leaves nothing at `path`.
    public func run(_ image: StoredImage, from store: ImageStore, to path: String) throws(TransferError) {
        let name = name ?? image.reference
        progress.observe(.writing(path: path))
        switch format {
        case .layout: try writeDirectory(files(of: image, name), path, store)
        case .archive(let compression): try writeArchive(files(of: image, name), path, compression, store)
        case .docker:
            guard case .layers = image.form else {
                throw TransferError(
                    .unsupported, image.label, "is a wasm artifact, which docker load can't read",
                    advice: "export it as an image layout")
            }
            try writeArchive(
                files(of: image, name) + [dockerManifest(of: image, name)], path, .none, store)
        }
    }

    // MARK: What is written

    /// A file of the layout: small ones as bytes, blobs by digest.
    private struct File {
        let path: String
        let content: Content

        enum Content {
            case bytes([UInt8])
            case blob(Descriptor)
        }
    }

    private func files(of image: StoredImage, _ name: ImageReference?) -> [File] {
        var entry = image.record.manifest
        entry.platform = image.platform.os.isEmpty ? nil : image.platform
        if let name {
            entry.annotations[ImageLayout.containerdName] = name.description
            entry.annotations[ImageLayout.referenceName] = name.tag ?? name.description
        }
        var files = [
            File(path: ImageLayout.marker, content: .bytes(ImageLayout.markerJSON.bytes())),
            File(path: ImageLayout.index, content: .bytes(ImageIndex(manifests: [entry]).json.bytes())),
        ]
        var seen: Set<Digest> = []
        let blobs = [image.record.manifest, image.record.configurationBlob] + image.record.layers
        for blob in blobs where seen.insert(blob.digest).inserted {
            files.append(File(path: ImageLayout.path(of: blob.digest), content: .blob(blob)))
        }
        return files
    }

    private func dockerManifest(of image: StoredImage, _ name: ImageReference?) -> File {
        let entry = DockerArchiveImage(
            configuration: ImageLayout.path(of: image.record.configurationBlob.digest),
            repositoryTags: name.flatMap { $0.tag == nil ? nil : [$0.familiar] } ?? [],
            layers: image.record.layers.map { ImageLayout.path(of: $0.digest) })
        return File(path: DockerArchiveImage.manifest, content: .bytes(JSONValue.array([entry.json]).bytes()))
    }

    // MARK: A directory

    private func writeDirectory(_ files: [File], _ path: String, _ store: ImageStore) throws(TransferError) {
        try checkFree(path, allowingEmptyDirectory: true)
        let staging = Self.beside(path)
        do throws(TransferError) {
            try calling(path) { () throws(SystemCallError) in
                for directory in ["", "/blobs"] { try Files.makeDirectory(staging + directory, mode: 0o755) }
            }
            for file in files { try write(file, below: staging, store) }
            try calling(path) { () throws(SystemCallError) in try Files.rename(staging, to: path) }
        } catch {
            try? TreeRemoval.remove(staging)
            throw error
        }
    }

    private func write(_ file: File, below directory: String, _ store: ImageStore) throws(TransferError) {
        let path = "\(directory)/\(file.path)"
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if (try? FileStatus.of(parent)) == nil {
            try calling(parent) { () throws(SystemCallError) in try Files.makeDirectory(parent, mode: 0o755) }
        }
        let target = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o644)
        }
        switch file.content {
        case .bytes(let bytes):
            try calling(path) { () throws(SystemCallError) in try Files.writeAll(target.rawValue, bytes) }
        case .blob(let blob):
            let source = try StoredContent(blob, in: store)
            // A clone costs no space; it is read all the same, to hand out nothing damaged.
            let isCloned = FileCopies.clone(source.descriptor, to: target.rawValue)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
            defer { buffer.deallocate() }
            while case let count = try source.read(into: buffer), count > 0 {
                if isCloned { continue }
                var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                try calling(path) { () throws(SystemCallError) in
                    while !rest.isEmpty {
                        rest = UnsafeRawBufferPointer(rebasing: rest[try Files.write(target.rawValue, rest)...])
                    }
                }
            }
        }
    }

    // MARK: An archive

    private func writeArchive(
        _ files: [File], _ path: String, _ compression: Compression, _ store: ImageStore
    ) throws(TransferError) {
        try checkFree(path, allowingEmptyDirectory: false)
        let staging = Self.beside(path)
        do throws(TransferError) {
            let target = try calling(path) { () throws(SystemCallError) in
                try Files.open(staging, flags: [.writeOnly, .create, .exclusive], mode: 0o644)
            }
            try archive(files, to: DescriptorSink(target), compression, path, store)
            try calling(path) { () throws(SystemCallError) in try Files.rename(staging, to: path) }
        } catch {
            try? Files.unlink(staging)
            throw error
        }
    }

    private func archive(
        _ files: [File], to sink: DescriptorSink, _ compression: Compression, _ subject: String, _ store: ImageStore
    ) throws(TransferError) {
        func entry(_ path: String, _ kind: ArchiveEntry.Kind, size: UInt64 = 0) -> ArchiveEntry {
            ArchiveEntry(
                path: Array(path.utf8), kind: kind, permissions: kind == .directory ? 0o755 : 0o644, size: size)
        }
        // A damaged blob stops the writer, but is no failure of the archive.
        var failure: TransferError?
        do throws(ArchiveError) {
            let writer = try ArchiveWriter(to: sink, compression: compression)
            var parents: Set<String> = []
            for file in files.sorted(by: { $0.path < $1.path }) {
                for parent in Self.parents(of: file.path) where parents.insert(parent).inserted {
                    try writer.add(entry(parent + "/", .directory))
                }
                switch file.content {
                case .bytes(let bytes):
                    try writer.add(entry(file.path, .regular, size: UInt64(bytes.count)))
                    try writer.write(bytes.span.bytes)
                case .blob(let blob):
                    try writer.add(entry(file.path, .regular, size: UInt64(blob.size)))
                    failure = try append(blob, to: writer, store)
                    if let failure { throw .stopped(failure.description) }
                }
            }
            _ = try writer.finish()
        } catch { throw failure ?? TransferError(error, in: subject) }
    }

    /// Returns why the blob can't be had.
    private func append(
        _ blob: Descriptor, to writer: ArchiveWriter, _ store: ImageStore
    ) throws(ArchiveError) -> TransferError? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        let source: StoredContent
        do throws(TransferError) { source = try StoredContent(blob, in: store) } catch { return error }
        while true {
            let count: Int
            do throws(TransferError) { count = try source.read(into: buffer) } catch { return error }
            if count == 0 { return nil }
            try writer.write(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
        }
    }

    private static func parents(of path: String) -> [String] {
        var parents: [String] = []
        for part in path.pathParts.dropLast() {
            parents.append(parents.last.map { "\($0)/\(part)" } ?? String(part))
        }
        return parents
    }

    // MARK: Places

    private func checkFree(_ path: String, allowingEmptyDirectory: Bool) throws(TransferError) {
        guard let status = try? FileStatus.of(path) else { return }
        if allowingEmptyDirectory, status.kind == .directory,
            (try? Files.names(inDirectory: path, limit: 1))?.isEmpty == true
        {
            return
        }
        throw TransferError(.badRequest, path, "is there already", advice: "remove it or name another path")
    }

    /// A name in the same directory, so that the last step is a rename.
    static func beside(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return "\(path).martlet-\(Processes.current)-\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }
}

extension ArchiveWriter {
    /// Writes everything that a source has.
    func write(everythingOf source: any ByteSource) throws(ArchiveError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try source.read(into: buffer), count > 0 {
            try write(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
        }
    }
}
