import OCISpec
import SystemCalls
import WasmBinary

/// A WebAssembly file that is built into an image; text is turned into a binary first.
struct WasmFile {
    /// The file's own name, ending in `.wasm`.
    let name: String
    let bytes: [UInt8]

    init(_ path: String, _ request: BuildRequest) throws(TransferError) {
        let limit = request.limits.moduleBytes
        let content: [UInt8]
        do throws(SystemCallError) { content = try Files.contents(of: path, limit: limit) } catch {
            guard error.errno == .fileTooLarge else { throw TransferError(error, path) }
            throw TransferError(.tooLarge, path, "has more than \(limit) bytes")
        }
        var name = path.pathParts.last ?? "module.wasm"
        if content.starts(with: BinaryKind.magic) {
            bytes = content
        } else {
            guard name.hasSuffix(".wat"), let assemble = request.assemble else {
                throw TransferError(
                    .notAnImage, path, "is no WebAssembly binary", advice: "text needs a name that ends in .wat")
            }
            do { bytes = try assemble(content) } catch { throw TransferError(.malformed, path, "\(error)") }
        }
        if name.hasSuffix(".wat") { name = String(name.dropLast(".wat".count)) + ".wasm" }
        if !name.hasSuffix(".wasm") { name += ".wasm" }
        self.name = name
    }

    /// By the preamble: a component is for WASI 0.2, a core module for preview 1.
    var platform: Platform {
        Platform(os: BinaryKind(preamble: bytes) == .component ? "wasip2" : "wasip1", architecture: "wasm")
    }
}
