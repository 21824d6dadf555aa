import ArgumentParser
import ImageStore
import OCISpec

struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a name, and the image with its last name.",
        discussion: "By id, the image goes with all its names. What it took on disk is freed by martlet image prune.",
        aliases: ["rm"])

    @OptionGroup var store: StoreOptions

    @Argument(help: "Names, digests or beginnings of ids.")
    var images: [String]

    func run() throws {
        let opened = try store.open()
        for image in images {
            let removal = try opened.remove(image)
            if store.quiet { continue }
            for name in removal.names { Output.line("removed \(name.familiar)") }
            if let id = removal.image { Output.line("removed \(id)") }
        }
    }
}
