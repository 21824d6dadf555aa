import WasmWorkload

/// The words of `martlet stop`.
struct StopSettings: Sendable {
    /// Milliseconds between SIGTERM and SIGKILL.
    var grace: UInt64 = 10_000
    var common = CommonSettings()

    static let table = OptionTable<StopSettings>(
        verb: "stop", operands: "NAME|ID…", summary: "End workloads: SIGTERM, then SIGKILL.",
        options: [
            .value("-t", "--time", argument: "TIME", help: "How long SIGTERM has, default 10s") {
                (settings, text) throws(UsageError) in
                if text == "0" {
                    settings.grace = 0
                    return
                }
                guard let time = Quantities.milliseconds(text) else {
                    throw UsageError("--time \(text): write a time such as 5s, or 0", verb: "stop")
                }
                settings.grace = time
            }
        ] + CommonSettings.options(\StopSettings.common))
}
