import Archive
import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec

/// How an image is written to disk.
enum FileFormat: String, ExpressibleByArgument, CaseIterable {
    case layout, tar, docker
    case tarGzip = "tar.gz"
    case tarZstd = "tar.zst"

    var export: ImageExport.Format {
        switch self {
        case .layout: .layout
        case .tar: .archive(.none)
        case .tarGzip: .archive(.gzip)
        case .tarZstd: .archive(.zstd)
        case .docker: .docker
        }
    }

    /// What a file name asks for: an image layout unless it ends like an archive.
    init(path: String) {
        if path.hasSuffix(".tar") {
            self = .tar
        } else if path.hasSuffix(".tar.gz") || path.hasSuffix(".tgz") {
            self = .tarGzip
        } else if path.hasSuffix(".tar.zst") {
            self = .tarZstd
        } else {
            self = .layout
        }
    }
}

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write an image to a layout directory or an archive that other tools read.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "A name, a digest or the beginning of an id.")
    var image: String

    @Argument(help: "What is written; it must not be there yet.", completion: .file())
    var path: String

    @Option(help: "layout, tar, tar.gz, tar.zst or docker (default: by the ending of PATH, a layout without one).")
    var format: FileFormat?

    @Option(help: "The image's name inside (default: the one it was found by).")
    var name: String?

    func run() throws {
        let opened = try store.open()
        let found = try store.image(image, in: opened)
        let progress = store.progress
        defer { progress.finish() }
        var work = ImageExport()
        work.format = (format ?? FileFormat(path: path)).export
        work.name = try name.map { try ImageReference(typed: $0) }
        work.progress = progress
        try work.run(found, from: opened, to: path)
    }
}
