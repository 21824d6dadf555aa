import ArgumentParser
import ImageStore
import ImageTransfer
import JSON
import OCISpec

struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a name and everything on disk that no image needs.")

    @OptionGroup var store: StoreOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try store.open().prune()
        if json {
            return Output.json([
                "images": .array(report.images.map { .string($0.description) }), "blobs": .integer(Int64(report.blobs)),
                "bytes": .integer(report.bytes), "roots": .integer(Int64(report.roots)),
                "unfinished": .integer(Int64(report.unfinished)),
            ])
        }
        if store.quiet { return report.images.forEach { Output.line($0.description) } }
        Output.line(
            "removed \(report.images.count) images, \(report.blobs) blobs (\(ImageInspection.bytes(report.bytes))), "
                + "\(report.roots) unpacked roots, \(report.unfinished) unfinished files")
    }
}
