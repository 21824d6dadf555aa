import ArgumentParser
import ImageStore
import ImageTransfer
import Registry
import SystemCalls

/// The program `martlet-prepare`: everything that happens before a run. It speaks as `martlet`, which executes it.
public enum PrepareProgram {
    /// - Parameter arguments: the words after the program's name.
    /// - Returns: the exit status, see `CommandFailure.Status`.
    public static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try MartletCommand.parseAsRoot(arguments)
            if var networked = command as? any AsyncParsableCommand {
                try await networked.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error, arguments)
        }
    }

    /// Prints an error as one line, or the help that was asked for.
    private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
        let failure = failure(error)
        guard let failure else {
            let code = MartletCommand.exitCode(for: error).rawValue
            if code == 0 {
                Output.write(MartletCommand.fullMessage(for: error) + "\n")
                return 0
            }
            Output.note(MartletCommand.message(for: error) + "; see \(verb(of: arguments)) --help")
            return CommandFailure.Status.usage.rawValue
        }
        if !failure.message.isEmpty { Output.note(failure.message) }
        if arguments.contains("--debug"), let underlying = failure.underlying {
            Output.note("debug: \(String(reflecting: underlying))")
        }
        return failure.status.rawValue
    }

    /// The command that was meant, as far as its words are known.
    private static func verb(of arguments: [String]) -> String {
        var words = ["martlet"]
        var command: any ParsableCommand.Type = MartletCommand.self
        for argument in arguments {
            guard
                let next = command.configuration.subcommands.first(where: {
                    $0.configuration.commandName == argument || $0.configuration.aliases.contains(argument)
                })
            else { break }
            words.append(argument)
            command = next
        }
        return words.joined(separator: " ")
    }

    /// The error as a failure of ours; nil for what the argument parser threw.
    private static func failure(_ error: any Error) -> CommandFailure? {
        switch error {
        case let error as CommandFailure: error
        case let error as RegistryError:
            CommandFailure("\(error)", error.code == .notFound ? .notFound : .failed, underlying: error)
        case let error as TransferError:
            CommandFailure("\(error)", error.kind == .notFound ? .notFound : .failed, underlying: error)
        case let error as StoreError:
            if case .notFound = error {
                CommandFailure("\(error)", .notFound, underlying: error)
            } else {
                CommandFailure("\(error)", underlying: error)
            }
        case let error as SystemCallError: CommandFailure("\(error)", underlying: error)
        case is CancellationError: CommandFailure("cancelled")
        default: nil
        }
    }
}

/// The verbs, under the name that people type.
struct MartletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet", abstract: "Images and compiled modules.",
        subcommands: [ImageCommand.self, CompileCommand.self, CacheCommand.self, PrepareModuleCommand.self])
}

struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Import, pull, build, inspect, list, export, push and remove images.",
        subcommands: [
            ImportCommand.self, ListCommand.self, InspectCommand.self, RemoveCommand.self, UnpackCommand.self,
            ExportCommand.self, BuildCommand.self, PruneCommand.self, PullCommand.self, PushCommand.self,
        ])
}
