import BundleRuntime
import SystemCalls

/// What every verb of the OCI runtime works with.
struct BundleContext: Sendable {
    var globals: GlobalSettings
    /// Called before anything is made or said.
    var begin: (@Sendable () -> Void)?

    var log: BundleLog { BundleLog(settings: globals.log) }

    func runtime() throws(RuntimeFailure) -> ContainerRuntime {
        let log = log
        var runtime = try ContainerRuntime(globals.runtime) { log.report(.warning, $0) }
        runtime.beforeMaking = begin
        return runtime
    }

    /// The same, which also prints phases when a verb's own option asks for it.
    func tracing(_ traces: Bool) -> BundleContext {
        var context = self
        if traces { context.globals.runtime.tracesPhases = true }
        return context
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
