import WasmWorkload

/// What the words of `martlet run` say, before an image or a bundle is known.
struct RunSettings: Sendable {
    enum Pull: String, Sendable { case always, missing, never }

    /// What the workload is to be given.
    var request = WorkloadRequest()
    var name: String?
    var remove = false
    var detach = false
    var interactive = false
    var platform: String?
    var pull = Pull.missing
    /// Passed on to the companion when it pulls.
    var pullOptions: [String] = []
    var common = CommonSettings()
}

/// What every verb accepts.
struct CommonSettings: Sendable {
    /// The image store; nil is the default one.
    var root: String?
    /// The state of running workloads; nil is the default one.
    var state: String?
    var debug = false
}
