import BundleRuntime
import CZygoteProtocol
import SystemCalls

/// `martlet create`, and `martlet run` as the OCI runtime has it.
struct LaunchCommand {
    enum Verb { case create, run }

    private let verb: Verb
    private let settings: LaunchSettings

    init(_ verb: Verb, _ words: [String]) throws(UsageError) {
        self.verb = verb
        var settings = LaunchSettings()
        let table = verb == .create ? LaunchSettings.create : LaunchSettings.run
        settings.request.id = try table.parseID(words, into: &settings)
        self.settings = settings
    }

    /// - Returns: the exit status.
    func perform(_ context: BundleContext) throws -> Int32 {
        // `martlet` has seen it, and there is nobody else who could say so.
        if Environment.value(MARTLET_ZYGOTE_LOST) != nil {
            throw CommandFailure("the process of the zygote that ran the container ended without a word")
        }
        try PreservedDescriptors.reserve(settings.request.preservedDescriptors)
        let runtime = try context.tracing(settings.tracesPhases).runtime()
        switch verb {
        case .create:
            try runtime.create(settings.request)
            return 0
        case .run: return try runtime.run(settings.request, settings.mode)
        }
    }

    /// Whether a zygote's process can do it. The caller's group and keyring are bound to the caller.
    func isForZygote(_ globals: GlobalSettings) -> Bool {
        globals.runtime.cgroupDriver != nil && !settings.request.keepsKeyring
    }

    /// The container that goes on when the command has ended.
    func outliving(_ globals: GlobalSettings) -> ZygoteTask.Outliving? {
        guard verb == .create || settings.mode.detaches else { return nil }
        return ZygoteTask.Outliving(root: globals.runtime.root, id: settings.request.id)
    }
}
