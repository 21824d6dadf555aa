/// The words of `martlet ps`.
struct ListSettings: Sendable {
    var showsAll = false
    var onlyIDs = false
    var json = false
    var common = CommonSettings()

    static let table = OptionTable<ListSettings>(
        verb: "ps", operands: "", summary: "List workloads that run in the background.",
        options: [
            .flag("-a", "--all", help: "Also those that ended") { $0.showsAll = true },
            .flag("-q", "--quiet", help: "Only the ids") { $0.onlyIDs = true },
            .flag("--json", help: "As JSON") { $0.json = true },
        ] + CommonSettings.options(\ListSettings.common))
}
