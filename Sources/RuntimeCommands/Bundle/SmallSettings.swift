import WasmWorkload

/// The words of verbs that take an id and nothing else.
struct PlainSettings: Sendable {
    static func table(_ verb: String, _ summary: String, operands: String = "ID") -> OptionTable<PlainSettings> {
        OptionTable(verb: verb, operands: operands, summary: summary, options: [])
    }
}

/// The words of `kill`.
struct KillSettings: Sendable {
    var all = false
    var usesPattern = false

    static let table = OptionTable<KillSettings>(
        verb: "kill", operands: "ID [SIGNAL]", summary: "Send a signal to a container's first process, default TERM.",
        options: [
            .boolean("-a", "--all", help: "Send it to every process of the container") { $0.all = $1 },
            .boolean("-r", "--regex", help: "ID is a pattern: send it to each container that it matches") {
                $0.usesPattern = $1
            },
        ])
}

/// The words of `delete`.
struct DeleteSettings: Sendable {
    var force = false
    var usesPattern = false

    static let table = OptionTable<DeleteSettings>(
        verb: "delete", operands: "ID", summary: "Remove a container that ended, with all it had.",
        options: [
            .boolean("-f", "--force", help: "Kill it first; no error when there is none") { $0.force = $1 },
            .boolean("-r", "--regex", help: "ID is a pattern: remove each container that it matches") {
                $0.usesPattern = $1
            },
        ])
}

/// How lists are printed.
enum ListFormat: String, Sendable {
    case table, json

    static func option<Settings>(
        verb: String, _ path: any WritableKeyPath<Settings, ListFormat> & Sendable
    ) -> Option<Settings> {
        .value("-f", "--format", argument: "table|json", help: "How it is printed") {
            (settings, text) throws(UsageError) in
            guard let format = ListFormat(rawValue: text) else {
                throw UsageError("--format \(text): write table or json", verb: verb)
            }
            settings[keyPath: path] = format
        }
    }
}

/// The words of `list`.
struct BundleListSettings: Sendable {
    var format = ListFormat.table
    var onlyIDs = false

    static let table = OptionTable<BundleListSettings>(
        verb: "list", operands: "", summary: "List the containers made from bundles.",
        options: [
            ListFormat.option(verb: "list", \.format),
            .boolean("-q", "--quiet", help: "Only the ids") { $0.onlyIDs = $1 },
        ])
}

/// The words of `ps ID`.
struct ProcessListSettings: Sendable {
    var format = ListFormat.table

    static let table = OptionTable<ProcessListSettings>(
        verb: "ps", operands: "ID [PS-OPTIONS…]", summary: "List the processes of a container.", placement: .endOptions,
        options: [ListFormat.option(verb: "ps", \.format)])
}

/// The words of `events`.
struct EventsSettings: Sendable {
    /// Milliseconds between two reports.
    var interval: UInt64 = 5000
    var once = false

    static let table = OptionTable<EventsSettings>(
        verb: "events", operands: "ID", summary: "Report what a container uses, and when memory ran out.",
        options: [
            .value("--interval", argument: "TIME", help: "The time between reports, default 5s") {
                (settings, text) throws(UsageError) in
                guard let interval = Quantities.milliseconds(text) else {
                    throw UsageError("--interval \(text): write a time such as 5s", verb: "events")
                }
                settings.interval = interval
            },
            .boolean("--stats", help: "Report once, and end") { $0.once = $1 },
        ])
}

/// The words of `spec`.
struct SpecSettings: Sendable {
    var bundle = "."
    /// Another name than `config.json`.
    var file = "config.json"
    var rootless = false

    static let table = OptionTable<SpecSettings>(
        verb: "spec", operands: "", summary: "Write a config.json to begin with.",
        options: [
            .value("-b", "--bundle", argument: "DIR", help: "The bundle, default the current directory") {
                $0.bundle = $1.isEmpty ? "." : $1
            },
            .value("-f", "--file", argument: "FILE", help: "Write this file instead") { $0.file = $1 },
            .boolean("--rootless", help: "For a container of a user without rights") { $0.rootless = $1 },
        ])
}
