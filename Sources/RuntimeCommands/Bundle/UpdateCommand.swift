import BundleRuntime
import Cgroups
import JSON
import OCISpec
import SystemCalls

/// `martlet update`.
enum UpdateCommand {
    /// The most bytes of a document of resources.
    private static let documentLimit = 1 << 20

    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = UpdateSettings()
        let id = try UpdateSettings.table.parseID(words, into: &settings)
        let resources = try resources(settings)
        for remark in resources.remarks { context.log.report(.warning, remark) }
        try context.runtime().update(id, resources, schemata: schemata(settings))
        return 0
    }

    static func schemata(_ settings: UpdateSettings) throws(CommandFailure) -> LinuxIntelRdt? {
        guard !settings.schemata.isEmpty else { return nil }
        do throws(JSONError) { return try LinuxIntelRdt(json: JSONNode(.object(settings.schemata))) } catch {
            throw CommandFailure("update: \(error)")
        }
    }

    static func resources(_ settings: UpdateSettings) throws(CommandFailure) -> LinuxResources {
        guard let path = settings.resources else {
            return try resources(JSONNode(.object(settings.patch)), from: "update")
        }
        let name = path == "-" ? "standard input" : path
        do {
            let bytes =
                path == "-"
                ? try Files.readAll(0, limit: documentLimit) : try Files.contents(of: path, limit: documentLimit)
            return try resources(try JSONNode(reading: bytes), from: name)
        } catch let error as CommandFailure {
            throw error
        } catch { throw CommandFailure("\(name): \(error)") }
    }

    private static func resources(_ node: JSONNode, from name: String) throws(CommandFailure) -> LinuxResources {
        do throws(JSONError) { return try LinuxResources(json: node) } catch {
            throw CommandFailure("\(name): \(error)")
        }
    }
}
