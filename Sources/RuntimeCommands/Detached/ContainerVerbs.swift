import ContainerLifecycle
import SystemCalls

/// `martlet logs`.
enum LogsCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = LogsSettings()
        let operands = try LogsSettings.table.parse(words, into: &settings)
        guard operands.count == 1, let name = operands.first else {
            throw UsageError("logs needs one name or id", verb: "logs")
        }
        let state = try StateDirectory.open(path: settings.common.state)
        let now = Clocks.now(.realtime)
        let since = settings.since.map { now - min(now, $0.multipliedReportingOverflow(by: 1_000_000).partialValue) }
        let reader = LogReader(
            state: state, id: try state.find(name).id, follow: settings.follows, tail: settings.tail, since: since,
            timestamps: settings.timestamps)
        try reader.run()
        return 0
    }
}

/// `martlet stop`.
enum StopCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = StopSettings()
        let operands = try StopSettings.table.parse(words, into: &settings)
        let state = try StateDirectory.open(path: settings.common.state)
        let grace = Duration.milliseconds(settings.grace)
        return try EachContainer(state: state, verb: "stop").apply(operands) { (id) throws(LifecycleError) in
            try ContainerStop(state: state).stop(id, grace: grace)
        }
    }
}

/// `martlet rm`.
enum RemoveCommand {
    static func run(_ words: [String]) throws -> Int32 {
        var settings = RemoveSettings()
        let operands = try RemoveSettings.table.parse(words, into: &settings)
        let state = try StateDirectory.open(path: settings.common.state)
        let force = settings.force
        return try EachContainer(state: state, verb: "rm").apply(operands) { (id) throws(LifecycleError) in
            try ContainerRemoval(state: state).remove(id, force: force)
        }
    }
}

/// Does one thing to each container that was named, prints the names of those where it worked, and goes on after a failure.
struct EachContainer {
    let state: StateDirectory
    let verb: String

    /// - Returns: 0 when all of them worked.
    func apply(
        _ names: [String], _ action: (ContainerID) throws(LifecycleError) -> Void
    ) throws(UsageError) -> Int32 {
        guard !names.isEmpty else { throw UsageError("\(verb) needs a name or an id", verb: verb) }
        var status: Int32 = 0
        for name in names {
            do throws(LifecycleError) {
                try action(try state.identify(name))
                try? Diagnostics.print(name)
            } catch {
                Diagnostics.report("\(error)")
                status = 1
            }
        }
        return status
    }
}
