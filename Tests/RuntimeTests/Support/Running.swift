import Foundation
import SystemCalls

/// A program that a test started. Its streams are files: no pipe can fill up, and what outlives it can be read, too.
struct Running: Sendable {
    struct TookTooLong: Error, CustomStringConvertible {
        let description: String
    }

    let words: [String]
    let process: Int32
    let folder: URL

    /// Starts the program at the path `words[0]`, in a process group of its own.
    static func start(
        _ words: [String], environment: [String] = Environment.all, input: String = "", in scratch: URL
    ) throws -> Running {
        let folder = scratch.appendingPathComponent("streams-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = { folder.appendingPathComponent($0).path }
        try Data(input.utf8).write(to: URL(fileURLWithPath: path("input")))
        let reading = try Files.open(path("input"), flags: .readOnly)
        let writing = try Files.open(path("output"), flags: [.writeOnly, .create, .truncate], mode: 0o644)
        let complaining = try Files.open(path("error"), flags: [.writeOnly, .create, .truncate], mode: 0o644)
        let process = try ChildProgram.start(
            words[0], arguments: words, environment: environment,
            streams: (reading.rawValue, writing.rawValue, complaining.rawValue), ownGroup: true)
        return Running(words: words, process: process, folder: folder)
    }

    /// Runs a program whose output nobody wants, and leaves nothing of it.
    ///
    /// - Returns: its exit status.
    @discardableResult
    static func unheard(_ words: [String]) throws -> Int32 {
        let running = try start(words, in: FileManager.default.temporaryDirectory)
        defer { try? FileManager.default.removeItem(at: running.folder) }
        return try running.wait().code
    }

    /// What was written until now.
    var output: String { Machine.text(of: folder.appendingPathComponent("output").path) }
    var error: String { Machine.text(of: folder.appendingPathComponent("error").path) }

    /// Waits until the program wrote this.
    func wrote(_ text: String, seconds: Double = 10) -> Bool {
        Machine.wait(seconds: seconds) { output.contains(text) }
    }

    /// Waits for the end; a program that takes longer is killed, and the test fails.
    func wait(seconds: UInt64 = 30) throws -> Outcome {
        let descriptor = try Processes.descriptor(of: process)
        var requests = [PollRequest(descriptor.rawValue, .readable)]
        guard try Poll.wait(&requests, timeout: seconds * UInt64(Machine.slowness) * 1_000_000_000) > 0 else {
            kill()
            throw TookTooLong(description: "still there after \(seconds) s: \(words)\n\(output)\(error)")
        }
        return Outcome(code: try Processes.wait(for: process).shellStatus, of: self)
    }

    /// Kills the program and whatever is in its group, and waits.
    func kill() {
        try? Processes.kill(-process, Signal.kill)
        _ = try? Processes.wait(for: process)
    }
}

/// How a program ended. Its output is read when it is asked for: a container that it left behind may still write.
struct Outcome: Sendable, CustomStringConvertible {
    let code: Int32
    let of: Running

    init(code: Int32, of running: Running) {
        self.code = code
        of = running
    }

    var output: String { of.output }
    var error: String { of.error }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var description: String { "\(of.words.joined(separator: " ")) ended with \(code): \(output)\(error)" }
}
