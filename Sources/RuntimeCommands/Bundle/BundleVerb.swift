/// The verbs of the OCI runtime.
enum BundleVerb: String, CaseIterable {
    case create, start, state, kill, delete, list, run, exec, ps, pause, resume, update, events, features, spec

    var summary: String {
        switch self {
        case .create: LaunchSettings.create.summary
        case .start: StartCommand.table.summary
        case .state: StateCommand.table.summary
        case .kill: KillSettings.table.summary
        case .delete: DeleteSettings.table.summary
        case .list: BundleListSettings.table.summary
        case .run: LaunchSettings.run.summary
        case .exec: ExecSettings.table.summary
        case .ps: ProcessListSettings.table.summary
        case .pause: PauseCommand.pause.summary
        case .resume: PauseCommand.resume.summary
        case .update: UpdateSettings.table.summary
        case .events: EventsSettings.table.summary
        case .features: FeaturesCommand.table.summary
        case .spec: SpecSettings.table.summary
        }
    }

    /// - Returns: the exit status.
    func perform(_ words: [String], _ context: BundleContext) throws -> Int32 {
        switch self {
        case .create: try LaunchCommand(.create, words).perform(context)
        case .start: try StartCommand.run(words, context)
        case .state: try StateCommand.run(words, context)
        case .kill: try KillCommand.run(words, context)
        case .delete: try DeleteCommand.run(words, context)
        case .list: try BundleListCommand.run(words, context)
        case .run: try LaunchCommand(.run, words).perform(context)
        case .exec: try ExecCommand.run(words, context)
        case .ps: try ProcessListCommand.run(words, context)
        case .pause: try PauseCommand.pause(words, context)
        case .resume: try PauseCommand.resume(words, context)
        case .update: try UpdateCommand.run(words, context)
        case .events: try EventsCommand.run(words, context)
        case .features: try FeaturesCommand.run(words)
        case .spec: try SpecCommand.run(words)
        }
    }

    /// The status of a failure that is martlet's own. 255 is runc's for exec, where 1 could be the program's.
    var failureStatus: Int32 { self == .exec ? 255 : BundleProgram.failureStatus }
}
