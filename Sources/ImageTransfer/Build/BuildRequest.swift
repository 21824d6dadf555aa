import Archive
import JSON
import OCISpec

/// What an image is built from, and how it wants to be run.
public struct BuildRequest: Sendable {
    public enum Source: Sendable, Equatable {
        /// A WebAssembly binary or text.
        case file(path: String)
        /// A directory that becomes the root file system.
        case directory(path: String)
    }

    public enum Form: Sendable, Equatable {
        /// One layer with a root file system, which every tool understands.
        case rootfs
        /// A wasm artifact: the layer is the binary.
        case artifact
    }

    public var source: Source
    public var form = Form.rootfs
    /// Nil takes `wasi/wasm` for a root file system and what the binary is for an artifact.
    public var platform: Platform?
    /// Empty means the file itself; a directory needs one.
    public var entrypoint: [String] = []
    public var command: [String] = []
    public var environment: [String] = []
    public var workingDirectory: String?
    public var user: String?
    public var labels: [String: String] = [:]
    /// As in `8080/tcp`.
    public var exposedPorts: [String] = []
    public var volumes: [String] = []
    public var stopSignal: String?
    /// Of the layer of a root file system.
    public var compression = Compression.gzip
    public var limits = TransferLimits.standard
    /// Turns WebAssembly text into a binary; the engine does it.
    public var assemble: (@Sendable (_ text: [UInt8]) throws -> [UInt8])?

    public init(source: Source) { self.source = source }
}

extension BuildRequest {
    /// Refuses what can't be an image before anything is written.
    func check() throws(TransferError) {
        func bad(_ problem: String, _ advice: String? = nil) -> TransferError {
            TransferError(.badRequest, "build", problem, advice: advice)
        }
        if let variable = environment.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
            throw bad("the environment has \(quoted(variable))", "write NAME=VALUE")
        }
        for port in exposedPorts where ExposedPort(parsing: port) == nil {
            throw bad("\(quoted(port)) isn't a port", "write 8080, 8080/tcp or 8080/udp")
        }
        if let directory = workingDirectory, !directory.hasPrefix("/") {
            throw bad("the working directory \(quoted(directory)) isn't absolute")
        }
        if let volume = volumes.first(where: { !$0.hasPrefix("/") }) {
            throw bad("the volume \(quoted(volume)) isn't absolute")
        }
        let texts =
            entrypoint + command + environment + labels.keys + labels.values + [workingDirectory ?? "", user ?? ""]
        if texts.contains(where: { $0.utf8.contains(0) }) { throw bad("a setting has a zero byte") }
        if compression == .xz { throw bad("layers are compressed with gzip or zstd, or not at all") }
        switch (source, form) {
        case (.directory, .artifact):
            throw bad("an artifact is one WebAssembly file", "build a directory as a root file system")
        case (.directory, .rootfs) where entrypoint.isEmpty:
            throw bad("a directory needs an entry point", "add --entrypoint /app.wasm")
        case (.file, .artifact) where hasSettings:
            throw bad(
                "an artifact has no place for entry point, command, environment, user, ports or volumes",
                "build a root file system image, or give them when it is run")
        default: return
        }
    }

    private var hasSettings: Bool {
        !(entrypoint.isEmpty && command.isEmpty && environment.isEmpty && exposedPorts.isEmpty && volumes.isEmpty
            && workingDirectory == nil && user == nil && stopSignal == nil)
    }
}
