/// The command `martlet`: finds the verb and runs it.
public enum Martlet {
    public static let version = "0.1.0"

    /// The verbs of the launch path. The others are the companion's, executed with the same words.
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
                Diagnostics.print(error.message)
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
        guard let verb = arguments.first else { throw UsageError(help: helpText) }
        let rest = Array(arguments.dropFirst())
        if let known = Verb(rawValue: verb) { return try known.perform(rest) }
        if companionVerbs.contains(where: { $0.name == verb }) { try Companion().become(arguments) }
        switch verb {
        case "help", "--help", "-h": throw UsageError(help: helpText)
        case "version", "--version", "-V": throw UsageError(help: "martlet \(version)")
        case let option where option.hasPrefix("-"):
            throw UsageError("unknown option \(option); options stand after the verb, as in martlet run \(option) …")
        default: throw UsageError("unknown verb \(verb)")
        }
    }

    private static var helpText: String {
        let rows = Verb.allCases.map { ($0.rawValue, $0.summary) } + companionVerbs.map { ($0.name, $0.summary) }
        return """
            usage: martlet VERB [OPTIONS] …

            Run WebAssembly where containers run.

            \(rows.map { "  \($0.0)\(String(repeating: " ", count: 10 - $0.0.count))\($0.1)" }.joined(separator: "\n"))

            martlet VERB --help tells more.
            """
    }
}
