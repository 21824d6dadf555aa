import Archive
import JSON
import OCISpec
import SystemCalls
import WasmBinary

/// What a path on the command line is.
public enum ImageSource: Sendable, Equatable {
    /// An image layout directory.
    case layout(path: String)
    /// A tar of a layout or a `docker save` archive, compressed or not.
    case archive(path: String)
    /// A bundle of the runtime specification: a directory with `config.json`.
    case bundle(path: String)
    /// A WebAssembly binary, by its first bytes.
    case wasm(path: String)
    /// A WebAssembly text, by its name or its first bytes.
    case wat(path: String)

    /// Looks at a path. Nil when nothing is there; then it may be the name of an image.
    public static func detect(_ path: String) throws(TransferError) -> ImageSource? {
        let status: FileStatus
        do throws(SystemCallError) { status = try FileStatus.of(path, followLinks: true) } catch {
            if error.errno == .noSuchFile || error.errno == .notDirectory { return nil }
            throw TransferError(error, path)
        }
        switch status.kind {
        case .directory: return try directory(path)
        case .regular: return try file(path)
        default: throw TransferError(.notAnImage, path, "is neither a file nor a directory")
        }
    }

    private static func directory(_ path: String) throws(TransferError) -> ImageSource {
        func has(_ name: String) -> Bool { (try? FileStatus.of("\(path)/\(name)", followLinks: true)) != nil }
        // An index alone is a layout of an older kind; skopeo reads it too.
        if has(ImageLayout.marker) || (has(ImageLayout.index) && has(ImageLayout.blobs)) { return .layout(path: path) }
        if has("config.json") { return .bundle(path: path) }
        throw TransferError(
            .notAnImage, path,
            "is neither an image layout (no \(ImageLayout.marker)) nor a bundle (no config.json)",
            advice: "martlet image build makes an image from a directory")
    }

    private static func file(_ path: String) throws(TransferError) -> ImageSource {
        let head = try calling(path) { () throws(SystemCallError) in try firstBytes(path, count: 512) }
        if head.starts(with: BinaryKind.magic) { return .wasm(path: path) }
        // Before text: the magic of zstd begins with a parenthesis.
        if looksLikeArchive(head) { return .archive(path: path) }
        if path.hasSuffix(".wat") || TextForm.isLikely(head) { return .wat(path: path) }
        throw TransferError(
            .notAnImage, path, "is no WebAssembly binary or text and no tar archive (plain, gzip, zstd or xz)")
    }

    static func firstBytes(_ path: String, count: Int) throws(SystemCallError) -> [UInt8] {
        let file = try Files.open(path, flags: [.readOnly, .nonBlocking])
        return try Files.prefix(file.rawValue, count: count)
    }

    private static func looksLikeArchive(_ head: [UInt8]) -> Bool {
        let compressed: [[UInt8]] = [[0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]]
        if compressed.contains(where: { head.starts(with: $0) }) { return true }
        // ustar, pax and GNU have a magic word here; older tars have none and are no images.
        return head.count >= 262 && head[257..<262].elementsEqual("ustar".utf8)
    }
}
