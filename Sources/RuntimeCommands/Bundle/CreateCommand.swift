import BundleRuntime

/// `martlet start`.
enum StartCommand {
    static let table = PlainSettings.table("start", "Start a created container.")

    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        try context.runtime().start(try table.parseID(words))
        return 0
    }
}

/// `martlet exec`.
enum ExecCommand {
    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = ExecSettings()
        let table = ExecSettings.table
        let operands = try table.parse(words, into: &settings, operands: 1, through: .max)
        settings.request.id = operands[0]
        settings.request.arguments = Array(operands.dropFirst())
        if settings.request.processFile == nil, settings.request.arguments.isEmpty {
            throw UsageError("exec needs a command, or --process", verb: table.verb)
        }
        try PreservedDescriptors.reserve(settings.request.preservedDescriptors)
        return try context.runtime().exec(settings.request)
    }
}

/// `martlet pause` and `martlet resume`.
enum PauseCommand {
    static let pause = PlainSettings.table("pause", "Freeze the processes of a container.")
    static let resume = PlainSettings.table("resume", "Let a paused container go on.")

    static func pause(_ words: [String], _ context: BundleContext) throws -> Int32 {
        try context.runtime().pause(try pause.parseID(words))
        return 0
    }

    static func resume(_ words: [String], _ context: BundleContext) throws -> Int32 {
        try context.runtime().resume(try resume.parseID(words))
        return 0
    }
}
