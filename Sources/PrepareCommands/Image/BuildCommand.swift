import Archive
import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec
import SystemCalls
import WasmEngine

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make an image of a .wasm or .wat file, or of a directory and an entry point.",
        discussion: "The same input gives the same digest.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "The file or directory.", completion: .file())
    var path: String

    @Option(name: .shortAndLong, help: "The image's name.")
    var tag: String

    @Option(name: .shortAndLong, help: "Write it to this path instead of the store.", completion: .file())
    var output: String?

    @Option(help: "layout, tar, tar.gz, tar.zst or docker, with --output (default: by its ending).")
    var format: FileFormat?

    @Flag(help: "Make a wasm artifact, whose layer is the module, instead of a root file system.")
    var artifact = false

    @Option(help: "os/architecture (default: wasi/wasm, for an artifact wasip1/wasm or wasip2/wasm).")
    var platform: String?

    @Option(help: "A word of the entry point; repeat for more (default for a file: the file).")
    var entrypoint: [String] = []

    @Option(help: "A word of the default arguments; repeat for more.")
    var cmd: [String] = []

    @Option(name: .shortAndLong, help: "NAME=VALUE; may be repeated.")
    var env: [String] = []

    @Option(name: .shortAndLong, help: "The working directory.")
    var workdir: String?

    @Option(name: .shortAndLong, help: "The user, and :group.")
    var user: String?

    @Option(name: .shortAndLong, help: "NAME=VALUE; may be repeated.")
    var label: [String] = []

    @Option(help: "A port it listens on, as in 8080/tcp; may be repeated.")
    var port: [String] = []

    @Option(help: "A directory that is meant to be mounted; may be repeated.")
    var volume: [String] = []

    @Option(help: "The signal that stops it.")
    var stopSignal: String?

    @Option(help: "How the layer is compressed: gzip, zstd or none.")
    var compression = LayerCompression.gzip

    enum LayerCompression: String, ExpressibleByArgument, CaseIterable { case gzip, zstd, none }

    func run() throws {
        let name = try ImageReference(typed: tag)
        let progress = store.progress
        defer { progress.finish() }
        var build = ImageBuild(try request())
        build.progress = progress
        guard let output else {
            let opened = try store.open()
            let image = try build.run(into: opened, name: name)
            progress.finish()
            return Output.result(image, quiet: store.quiet)
        }
        let image = try build.run(to: output, format: (format ?? FileFormat(path: output)).export, name: name)
        progress.finish()
        Output.result(image, quiet: store.quiet)
    }

    private func request() throws -> BuildRequest {
        let status = try FileStatus.of(path, followLinks: true)
        var request = BuildRequest(source: status.kind == .directory ? .directory(path: path) : .file(path: path))
        request.form = artifact ? .artifact : .rootfs
        request.platform = try platform.map { text in
            do { return try Platform(parsing: text) } catch { throw CommandFailure("--platform: \(error)", .usage) }
        }
        request.entrypoint = entrypoint
        request.command = cmd
        request.environment = env
        request.workingDirectory = workdir
        request.user = user
        request.labels = try labels()
        request.exposedPorts = port
        request.volumes = volume
        request.stopSignal = stopSignal
        request.compression =
            switch compression {
            case .gzip: .gzip
            case .zstd: .zstd
            case .none: .none
            }
        // The text is the caller's own, so it is assembled here.
        request.assemble = { try ModuleCompiler.binary(of: $0) }
        return request
    }

    private func labels() throws(CommandFailure) -> [String: String] {
        var labels: [String: String] = [:]
        for text in label {
            guard text.isAssignment, let value = text.assignedValue else {
                throw CommandFailure("--label \(text): write NAME=VALUE", .usage)
            }
            labels[String(text.assignedName)] = String(value)
        }
        return labels
    }
}
