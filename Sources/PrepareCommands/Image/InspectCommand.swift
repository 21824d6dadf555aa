import ArgumentParser
import ImageStore
import ImageTransfer

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show an image: platform, entry point, imports and exports, environment, ports, layers.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "A name, a digest or the beginning of an id.")
    var image: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let opened = try store.open()
        let found = try store.image(image, in: opened)
        let names = try opened.list().first { $0.image.manifestDigest == found.manifestDigest }?.names ?? []
        let inspection = try ImageInspection(found, names: names, in: opened)
        if json { Output.json(inspection.json) } else { Output.write(inspection.text()) }
    }
}
