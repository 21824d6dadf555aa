import CZygoteProtocol
import SystemCalls
import WasmWorkload

/// The command `martlet`: finds the verb and runs it.
public enum Martlet {
    public static let version = MARTLET_VERSION

    /// The verbs of the launch path. The companion's are executed with the same words.
    private enum Verb: String, CaseIterable {
        case run, ps, logs, stop, rm

        var summary: String {
            switch self {
            case .run: RunSettings.table.summary
            case .ps: ListSettings.table.summary
            case .logs: LogsSettings.table.summary
            case .stop: StopSettings.table.summary
            case .rm: RemoveSettings.table.summary
            }
        }

        func perform(_ words: [String]) throws -> Int32 {
            switch self {
            case .run: try RunCommand.run(words)
            case .ps: try ListCommand.run(words)
            case .logs: try LogsCommand.run(words)
            case .stop: try StopCommand.run(words)
            case .rm: try RemoveCommand.run(words)
            }
        }
    }

    private static let companionVerbs: [(name: String, summary: String)] = [
        ("image", "Import, pull, build, inspect, list, export, push and remove images."),
        ("compile", "Compile a module before it is run."),
        ("cache", "List and prune compiled modules."),
    ]

    /// - Parameter arguments: the words after the program's name.
    /// - Returns: the exit status.
    public static func main(_ arguments: [String]) -> Int32 {
        do {
            return try dispatch(arguments)
        } catch let error as UsageError {
            if error.isHelp {
                try? Diagnostics.print(error.message)
                return 0
            }
            Diagnostics.report(error.message)
            return 125
        } catch let error as CommandFailure {
            if !error.message.isEmpty { Diagnostics.report(error.message) }
            return error.status
        } catch {
            Diagnostics.report("\(error)")
            return 125
        }
    }

    private static func dispatch(_ arguments: [String]) throws -> Int32 {
        guard let word = arguments.first else { throw UsageError(help: helpText) }
        if word.hasPrefix("-") { return try dispatchRuntime(arguments) }
        let rest = Array(arguments.dropFirst())
        if let verb = BundleVerb(rawValue: word), BundleWords.arePresent(verb, rest) {
            return BundleProgram.perform(verb, rest, GlobalSettings())
        }
        if let verb = Verb(rawValue: word) { return try verb.perform(rest) }
        if companionVerbs.contains(where: { $0.name == word }) { try Companion().become(arguments) }
        switch word {
        case "help": throw UsageError(help: helpText)
        case "version": throw UsageError(help: BundleProgram.versionText)
        case ZygoteSettings.table.verb: return try ZygoteCommand.run(rest)
        default: throw UsageError("unknown verb \(word.printable())")
        }
    }

    /// Options before the verb are the OCI runtime's, and so is the verb behind them.
    private static func dispatchRuntime(_ arguments: [String]) throws -> Int32 {
        var globals = GlobalSettings()
        do throws(UsageError) {
            let words = try GlobalSettings.table.parse(arguments, into: &globals)
            if globals.wantsVersion { throw UsageError(help: BundleProgram.versionText) }
            guard let word = words.first else { throw UsageError("name a verb") }
            guard let verb = BundleVerb(rawValue: word) else {
                let isOurs = Verb(rawValue: word) != nil || companionVerbs.contains { $0.name == word }
                throw UsageError(
                    isOurs ? "\(word) has its options behind it: martlet \(word) …" : "unknown verb \(word.printable())"
                )
            }
            return BundleProgram.perform(verb, Array(words.dropFirst()), globals)
        } catch {
            if error.isHelp { throw globals.wantsVersion ? error : UsageError(help: helpText) }
            BundleLog(settings: globals.log).report(.error, error.message)
            return BundleProgram.failureStatus
        }
    }

    private static var helpText: String {
        let runtime =
            BundleVerb.allCases.map { ($0.rawValue, $0.summary) }
            + [(ZygoteSettings.table.verb, ZygoteSettings.table.summary)]
        return """
            usage: martlet VERB [OPTIONS] …
                   martlet [RUNTIME OPTIONS] VERB [OPTIONS] …

            Run WebAssembly where containers run.

            \(rows(Verb.allCases.map { ($0.rawValue, $0.summary) }))

            Images and modules:
            \(rows(companionVerbs))

            As an OCI runtime, for podman, CRI-O, Docker and containerd, on bundles:
            \(rows(runtime))
              run and ps are these when an option stands before the verb, with run --bundle, and with ps ID.

            Runtime options:
            \(GlobalSettings.table.optionsText)

            martlet VERB --help tells more.
            """
    }

    private static func rows(_ verbs: [(name: String, summary: String)]) -> String {
        verbs.map { "  \($0.name)\(String(repeating: " ", count: max(1, 10 - $0.name.count)))\($0.summary)" }
            .joined(separator: "\n")
    }
}
