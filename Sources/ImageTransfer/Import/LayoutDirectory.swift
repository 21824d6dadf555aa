import ImageStore
import OCISpec
import SystemCalls

/// An image layout on disk. Its files are opened below its directory only, whatever symbolic links it holds.
final class LayoutDirectory: ImageContent {
    let name: String
    private let directory: OwnedDescriptor
    private let limits: TransferLimits

    /// Bytes read at a time.
    private static let chunk = 1 << 18

    init(_ path: String, limits: TransferLimits) throws(TransferError) {
        name = path
        self.limits = limits
        directory = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.readOnly, .directory])
        }
    }

    /// Opens a regular file; anything else could block or never end.
    private func open(_ path: String) throws(TransferError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            let file = try Files.open(
                path, in: directory.rawValue, flags: [.readOnly, .nonBlocking, .noControllingTerminal],
                resolve: [.beneath, .noMagicLinks])
            if try FileStatus.of(file.rawValue).kind == .regular { return file }
        } catch {
            if error.errno == .noSuchFile || error.errno == .notDirectory { return nil }
            if error.errno == .crossDevice {
                throw TransferError(.malformed, "\(name)/\(path)", "is a link that leads out of the layout")
            }
            throw TransferError(error, "\(name)/\(path)")
        }
        throw TransferError(.malformed, "\(name)/\(path)", "isn't a regular file")
    }

    func document(_ path: String, limit: Int) throws(TransferError) -> [UInt8]? {
        guard let file = try open(path) else { return nil }
        do throws(SystemCallError) { return try Files.readAll(file.rawValue, limit: limit) } catch {
            guard error.errno == .fileTooLarge else { throw TransferError(error, "\(name)/\(path)") }
            throw TransferError(.tooLarge, "\(name)/\(path)", "has more than \(limit) bytes")
        }
    }

    func deliver(_ path: String, as blob: Descriptor, to session: StoreSession) throws(TransferError) {
        guard let file = try open(path) else {
            throw TransferError(
                .notFound, "\(name): blob \(blob.digest)", "is missing",
                advice: "the image is incomplete; copy it again")
        }
        let writer = try storing { () throws(StoreError) in
            try session.beginBlob(blob.digest, size: blob.size, hash: ContentHasher(blob.digest.algorithm))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try calling("\(name)/\(path)") { () throws(SystemCallError) in
                try Files.read(file.rawValue, into: buffer)
            }
            if count == 0 { break }
            try storing { () throws(StoreError) in
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        try storing { () throws(StoreError) in try writer.commit() }
    }
}
