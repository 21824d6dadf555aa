import ArgumentParser
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images of the store.", aliases: ["ls"])

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let opened = try store.open()
        let images = try opened.list()
        for damaged in try opened.damagedRecords() { Output.note("note: \(damaged)") }
        if json { return Output.json(.array(images.map(Self.json))) }
        if store.quiet { return images.forEach { Output.line($0.image.manifestDigest.description) } }
        var table = Table("NAME", "ID", "PLATFORM", "SIZE", "IMPORTED")
        let now = Int64(clamping: Clocks.now(.realtime) / 1_000_000_000)
        for listed in images {
            let record = listed.image.record
            let names = listed.names.isEmpty ? ["<no name>"] : listed.names.map(\.familiar)
            for name in names {
                table.add(
                    name, record.manifest.digest.short, Self.platform(listed.image), ImageInspection.bytes(record.size),
                    RelativeTime.text(from: record.imported, to: now))
            }
        }
        Output.write(table.text)
    }

    /// What an image says is shown only when a terminal can't obey it.
    private static func platform(_ image: StoredImage) -> String {
        let text = image.platform.description
        return text.utf8.allSatisfy { (0x20..<0x7f).contains($0) } ? text : quoted(text)
    }

    private static func json(_ listed: ListedImage) -> JSONValue {
        let record = listed.image.record
        return [
            "names": .array(listed.names.map { .string($0.description) }),
            "id": .string(record.manifest.digest.description),
            "platform": .string(listed.image.platform.description), "size": .integer(record.size),
            "imported": .integer(record.imported),
        ]
    }
}
