import ArgumentParser
import ImageStore
import ImageTransfer
import OCISpec

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring an image from a layout directory, its tar or a docker save archive into the store.")

    @OptionGroup var store: StoreOptions
    @OptionGroup var platform: PlatformOption
    @OptionGroup(title: "Limits") var limits: UnpackLimitOptions

    @Argument(help: "The directory or archive.", completion: .file())
    var path: String

    @Option(help: "The image's name in the store (default: as in the source).")
    var name: String?

    @Option(help: "Which image of a source that has several, by name or tag.")
    var image: String?

    @Flag(name: .customLong("no-unpack"), help: "Don't unpack it and don't compile its module.")
    var noUnpack = false

    func run() throws {
        let opened = try store.open()
        guard let source = try ImageSource.detect(path) else {
            throw CommandFailure("\(path): there is no such file", .notFound)
        }
        let progress = store.progress
        var work = ImageImport()
        work.platform = try platform.choice()
        work.selection = image
        work.name = try name.map { try ImageReference(typed: $0) }
        work.progress = progress
        let images: [StagedImage]
        do { images = try work.stage(source, into: opened) } catch {
            progress.finish()
            throw error
        }
        progress.finish()
        let preparation = noUnpack ? nil : ImagePreparation(store: opened, limits: limits, progress: progress)
        try preparation.accept(images) { Output.result($0, quiet: store.quiet) }
    }
}

extension Output {
    /// The last line of what brings an image: its name and id.
    static func result(_ image: StoredImage, quiet: Bool) {
        let id = image.manifestDigest.description
        line(quiet ? id : "\(image.reference?.familiar ?? "<no name>")  \(id)")
    }
}
