import SystemCalls
import WasmBinary

/// What the operand of `martlet run` means.
enum RunSource: Equatable {
    /// A `.wasm` or `.wat` file.
    case file(String)
    /// A directory with a `config.json`.
    case bundle(String)
    /// An OCI layout, or an archive of an image: goes through the store.
    case transfer(String)
    /// The name or id of an image. One that also reads as a path, such as a directory that stands here, is never pulled: a
    /// mistyped path mustn't fetch a stranger's image.
    case reference(String, canBePulled: Bool)

    /// Looks at the file system: what exists as a path is that path, unless it can only be a name.
    ///
    /// A name such as `hello` isn't taken for a directory of that name that happens to stand here: a directory counts
    /// only when it holds a bundle or a layout.
    init(_ operand: String) throws(CommandFailure) {
        let looksLikePath = operand.hasPrefix("/") || operand.hasPrefix("./") || operand.hasPrefix("../")
        guard let status = try? FileStatus.of(operand, followLinks: true) else {
            if looksLikePath || Self.fileEndings.contains(where: operand.hasSuffix) {
                throw CommandFailure("\(operand): no such file", status: CommandFailure.notFound)
            }
            self = .reference(operand, canBePulled: true)
            return
        }
        switch status.kind {
        case .regular:
            self = Self.isProgram(operand) ? .file(operand) : .transfer(operand)
        case .directory:
            if Self.exists("\(operand)/config.json") {
                self = .bundle(operand)
            } else if Self.exists("\(operand)/oci-layout") || Self.exists("\(operand)/index.json") {
                self = .transfer(operand)
            } else if looksLikePath || operand.hasSuffix("/") {
                throw CommandFailure(
                    "\(operand) is neither a bundle (no config.json) nor an OCI layout (no oci-layout)",
                    status: CommandFailure.cannotRun)
            } else {
                self = .reference(operand, canBePulled: false)
            }
        default:
            throw CommandFailure(
                "\(operand) is neither a file nor a directory: no image", status: CommandFailure.cannotRun)
        }
    }

    private static let fileEndings = ["/", ".wasm", ".wat", ".tar", ".tgz", ".gz", ".zst", ".xz", ".oci"]

    /// Whether a file is a program and not an archive: by its name, or by the first bytes of a wasm binary.
    private static func isProgram(_ path: String) -> Bool {
        if path.hasSuffix(".wasm") || path.hasSuffix(".wat") { return true }
        guard let file = try? Files.open(path, flags: [.readOnly, .nonBlocking]) else { return true }
        return (try? Files.prefix(file.rawValue, count: BinaryKind.magic.count)) == BinaryKind.magic
    }

    private static func exists(_ path: String) -> Bool { (try? FileStatus.of(path, followLinks: true)) != nil }
}
