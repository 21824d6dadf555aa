import BundleRuntime
import SystemCalls

/// What every verb of the OCI runtime works with.
struct BundleContext: Sendable {
    var globals: GlobalSettings

    var log: BundleLog { BundleLog(settings: globals.log) }

    func runtime() throws(RuntimeFailure) -> ContainerRuntime {
        let log = log
        return try ContainerRuntime(runtimeSettings) { log.report(.warning, $0) }
    }

    /// The same, which also prints phases when a verb's own option asks for it.
    func tracing(_ traces: Bool) -> BundleContext {
        var context = self
        if traces { context.globals.tracesPhases = true }
        return context
    }

    var runtimeSettings: RuntimeSettings {
        var settings = RuntimeSettings()
        settings.root = globals.root
        settings.cgroupManager =
            switch globals.cgroupManager {
            case .cgroupfs: .filesystem
            case .systemd: .systemd
            case .disabled: .disabled
            }
        settings.isRootless = globals.rootless
        settings.imageStore = globals.imageStore
        settings.tracesPhases = globals.tracesPhases
        return settings
    }
}

extension OptionTable {
    /// Reads the words of a verb that takes operands, at least `least` and at most `most`.
    func parse(
        _ words: [String], into settings: inout Settings, operands least: Int, through most: Int
    ) throws(UsageError) -> [String] {
        let operands = try parse(words, into: &settings)
        if operands.count < least { throw UsageError("\(verb) needs \(self.operands)", verb: verb) }
        if operands.count > most {
            throw UsageError("\(verb): \(operands[most].printable()) is one word too many", verb: verb)
        }
        return operands
    }

    /// The one operand.
    func parseID(_ words: [String], into settings: inout Settings) throws(UsageError) -> String {
        try parse(words, into: &settings, operands: 1, through: 1)[0]
    }
}

extension OptionTable where Settings == PlainSettings {
    func parseID(_ words: [String]) throws(UsageError) -> String {
        var settings = PlainSettings()
        return try parseID(words, into: &settings)
    }
}
