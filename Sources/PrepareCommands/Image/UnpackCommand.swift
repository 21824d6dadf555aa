import ArgumentParser
import ImageStore
import ImageTransfer

struct UnpackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpack", abstract: "Unpack an image's layers in the store and print where.")

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Limits") var limits: UnpackLimitOptions

    @Argument(help: "A name, a digest or the beginning of an id.")
    var image: String

    func run() throws {
        let opened = try store.open()
        let found = try store.image(image, in: opened)
        guard case .layers = found.form else {
            throw CommandFailure("\(found.label): is a wasm artifact: it has no file system to unpack")
        }
        let (path, notes) = try UnpackWorker.unpack(found, in: opened, limits: limits, progress: store.progress)
        for note in notes { Output.note("note: \(note)") }
        Output.line(path)
    }
}
