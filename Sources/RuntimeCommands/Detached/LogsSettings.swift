import WasmWorkload

/// The words of `martlet logs`.
struct LogsSettings: Sendable {
    var follows = false
    var timestamps = false
    /// Lines from the end; nil is all.
    var tail: Int?
    /// How far back, in milliseconds.
    var since: UInt64?
    var common = CommonSettings()

    static let table = OptionTable<LogsSettings>(
        verb: "logs", operands: "NAME|ID", summary: "Print what a workload in the background wrote.",
        options: [
            .flag("-f", "--follow", help: "Go on until it ends") { $0.follows = true },
            .flag("--timestamps", help: "Begin each line with its time") { $0.timestamps = true },
            .value("-n", "--tail", argument: "LINES", help: "Only the last lines") {
                (settings, text) throws(UsageError) in
                if text == "all" { return }
                guard let lines = Int(text), lines >= 0 else {
                    throw UsageError("--tail \(text): write a number of lines", verb: "logs")
                }
                settings.tail = lines
            },
            .value("--since", argument: "TIME", help: "Only what is younger, such as 10m") {
                (settings, text) throws(UsageError) in
                guard let time = Quantities.milliseconds(text) else {
                    throw UsageError("--since \(text): write a time such as 90s or 10m", verb: "logs")
                }
                settings.since = time
            },
        ] + CommonSettings.options(\LogsSettings.common))
}
