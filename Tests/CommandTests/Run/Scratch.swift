import Foundation
import SystemCalls

/// A folder, a store and a state directory of a test's own, gone with it.
final class Scratch {
    let folder: URL
    let martlet: MartletCommand

    init() throws {
        martlet = try MartletCommand()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var places: [String] {
        ["--root", folder.appendingPathComponent("store").path, "--state", folder.appendingPathComponent("state").path]
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a guest's text and names the file.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        return path(name)
    }

    /// Puts a guest into the store as an image of this name.
    func image(_ name: String, _ text: String) throws {
        let outcome = try plain(
            "image", "build", "--quiet", "--root", places[1], "--tag", name, try file("\(name).wat", text))
        guard outcome.exitCode == 0 else { throw Failed(outcome) }
    }

    /// `martlet VERB …` with the test's own store and state.
    func martlet(_ verb: String, _ words: String..., input: String = "") throws -> MartletCommand.Outcome {
        try start(verb, words, input: input).wait()
    }

    func start(_ verb: String, _ words: [String], input: String = "") throws -> Running {
        let own = folder.appendingPathComponent("streams-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        return try martlet.start([verb] + places + words, standardInput: input, in: own)
    }

    private func plain(_ words: String...) throws -> MartletCommand.Outcome { try martlet.run(words, in: folder) }

    struct Failed: Error, CustomStringConvertible {
        let description: String
        init(_ outcome: MartletCommand.Outcome) { description = outcome.standardError }
    }
}
