import BundleRuntime
import JSON
import OCISpec
import SystemCalls

/// `martlet features`.
enum FeaturesCommand {
    static let table = PlainSettings.table("features", "Print what this runtime can do as JSON.", operands: "")

    static func run(_ words: [String]) throws -> Int32 {
        var settings = PlainSettings()
        _ = try table.parse(words, into: &settings, operands: 0, through: 0)
        try Diagnostics.print(RuntimeAbilities.features.json.text(.pretty), newline: false)
        return 0
    }
}

/// `martlet spec`.
enum SpecCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = SpecSettings()
        _ = try SpecSettings.table.parse(words, into: &settings, operands: 0, through: 0)
        let path = settings.file.hasPrefix("/") ? settings.file : "\(settings.bundle)/\(settings.file)"
        let invoker = RuntimeConfiguration.Invoker(uid: Processes.effectiveUser, gid: Processes.effectiveGroup)
        let text = RuntimeConfiguration.defaultSpecification(
            rootless: settings.rootless ? invoker : nil, cgroupNamespace: RuntimeAbilities.hasOnlyUnifiedCgroups
        ).text(.pretty)
        do throws(SystemCallError) {
            let file = try Files.open(path, flags: [.writeOnly, .create, .exclusive, .noFollow], mode: 0o666)
            try Files.writeAll(file.rawValue, Array(text.utf8))
        } catch {
            if error.errno == .exists { throw CommandFailure("\(path) exists: remove it first") }
            throw CommandFailure("\(error)")
        }
        return 0
    }
}
