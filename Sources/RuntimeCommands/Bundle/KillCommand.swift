import BundleRuntime
import SystemCalls

/// `martlet kill`.
enum KillCommand {
    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = KillSettings()
        let operands = try KillSettings.table.parse(words, into: &settings, operands: 1, through: 2)
        let word = operands.count == 2 ? operands[1] : "TERM"
        guard let signal = SignalName.number(word) else {
            throw UsageError("\(word.printable()) is no signal", verb: "kill")
        }
        let runtime = try context.runtime()
        guard settings.usesPattern else {
            do throws(RuntimeFailure) {
                try runtime.kill(operands[0], signal: signal, all: settings.all)
            } catch {
                // As runc: of nobody, all are reached.
                guard settings.all, error.kind == .wrongState else { throw error }
            }
            return 0
        }
        let all = settings.all
        return try context.eachContainer(of: runtime, matching: operands[0]) { (id) throws(RuntimeFailure) in
            try runtime.kill(id, signal: signal, all: all)
        }
    }
}

/// `martlet delete`.
enum DeleteCommand {
    static func run(_ words: [String], _ context: BundleContext) throws -> Int32 {
        var settings = DeleteSettings()
        let id = try DeleteSettings.table.parseID(words, into: &settings)
        let runtime = try context.runtime()
        let force = settings.force
        guard settings.usesPattern else {
            try runtime.delete(id, force: force)
            return 0
        }
        return try context.eachContainer(of: runtime, matching: id) { (id) throws(RuntimeFailure) in
            try runtime.delete(id, force: force)
        }
    }
}

extension BundleContext {
    /// Does one thing to each container whose id an extended regular expression matches, and goes on after a failure.
    fileprivate func eachContainer(
        of runtime: borrowing ContainerRuntime, matching pattern: String,
        _ action: (String) throws(RuntimeFailure) -> Void
    ) throws -> Int32 {
        guard let expression = RegularExpression.compile(pattern) else {
            throw UsageError("\(pattern.printable()) is no regular expression")
        }
        var status: Int32 = 0
        for container in try runtime.list() where expression.matches(container.id) {
            do throws(RuntimeFailure) { try action(container.id) } catch {
                log.report(.error, "\(error)")
                status = 1
            }
        }
        return status
    }
}
