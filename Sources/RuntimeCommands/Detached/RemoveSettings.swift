/// The words of `martlet rm`.
struct RemoveSettings: Sendable {
    var force = false
    var common = CommonSettings()

    static let table = OptionTable<RemoveSettings>(
        verb: "rm", operands: "NAME|ID…", summary: "Remove what is left of workloads that ended.",
        options: [.flag("-f", "--force", help: "Kill those that still run") { $0.force = true }]
            + CommonSettings.options(\RemoveSettings.common))
}
