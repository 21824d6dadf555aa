extension CommonSettings {
    /// The options that every verb has, written into `path` of the verb's own settings.
    static func options<Settings>(
        _ path: any WritableKeyPath<Settings, CommonSettings> & Sendable
    ) -> [Option<Settings>] {
        [
            .value("--root", argument: "DIR", help: "The image store") { $0[keyPath: path].root = $1 },
            .value("--state", argument: "DIR", help: "Where running workloads are recorded") {
                $0[keyPath: path].state = $1
            },
            .flag("--debug", help: "Say more when something fails") { $0[keyPath: path].debug = true },
        ]
    }
}
