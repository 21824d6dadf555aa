import Foundation
import SystemCalls

/// The `martlet` under test: the one that MARTLET names, or the one that was built together with these tests.
struct MartletCommand: Sendable {
    struct NotFound: Error, CustomStringConvertible {
        let path: String
        var description: String { "no martlet at \(path): build it first, or name another one in MARTLET" }
    }

    struct TookTooLong: Error, CustomStringConvertible {
        let command: [String]
        let seconds: Int
        var description: String { "still running after \(seconds) s: \(command.joined(separator: " "))" }
    }

    struct Outcome: Sendable {
        var exitCode: Int32
        var standardOutput: String
        var standardError: String
    }

    let path: String

    init(path: String) { self.path = path }

    init() throws {
        path = Environment.value("MARTLET") ?? Self.besideTheTests().path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw NotFound(path: path) }
    }

    /// The test bundle stands in the folder of the build's products and is named on the command line of whoever runs it.
    private static func besideTheTests() -> URL {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        let products =
            bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
            ?? Repository.root.appendingPathComponent(".build/debug")
        return products.appendingPathComponent("martlet")
    }

    /// Starts it with its streams in files of `scratch`, so that no pipe can fill up while the test does something else.
    func start(_ arguments: [String], standardInput: String = "", in scratch: URL) throws -> Running {
        let files = ["stdin", "stdout", "stderr"].map { scratch.appendingPathComponent($0).path }
        try Data(standardInput.utf8).write(to: URL(fileURLWithPath: files[0]))
        let input = try Files.open(files[0], flags: .readOnly)
        let output = try Files.open(files[1], flags: [.writeOnly, .create, .truncate], mode: 0o600)
        let error = try Files.open(files[2], flags: [.writeOnly, .create, .truncate], mode: 0o600)
        let process = try ChildProgram.start(
            path, arguments: [path] + arguments, environment: Environment.all,
            streams: (input.rawValue, output.rawValue, error.rawValue), ownGroup: true)
        return Running(command: [path] + arguments, process: process, outputFile: files[1], errorFile: files[2])
    }

    /// Runs it to its end.
    func run(_ arguments: [String], in scratch: URL) throws -> Outcome {
        try start(arguments, in: scratch).wait()
    }
}

/// A `martlet` that was started and has to be waited for.
struct Running: Sendable {
    let command: [String]
    let process: Int32
    let outputFile: String
    let errorFile: String

    /// Whether it hasn't ended yet. It stays there to be waited for.
    var isRunning: Bool {
        get throws { try !hasEnded(within: 0) }
    }

    private func hasEnded(within nanoseconds: UInt64) throws -> Bool {
        let descriptor = try Processes.descriptor(of: process)
        var requests = [PollRequest(descriptor.rawValue, .readable)]
        return try Poll.wait(&requests, timeout: nanoseconds) > 0
    }

    /// Waits for the end, at most `seconds`; then ends it.
    func wait(seconds: Int = 60) throws -> MartletCommand.Outcome {
        guard try hasEnded(within: UInt64(seconds) * 1_000_000_000) else {
            try end()
            throw MartletCommand.TookTooLong(command: command, seconds: seconds)
        }
        return MartletCommand.Outcome(
            exitCode: try Processes.wait(for: process).shellStatus,
            standardOutput: try text(outputFile), standardError: try text(errorFile))
    }

    /// Ends it and everything that it started, when the test has failed already.
    func end() throws {
        try Processes.kill(-process, Signal.kill)
        _ = try Processes.wait(for: process)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
