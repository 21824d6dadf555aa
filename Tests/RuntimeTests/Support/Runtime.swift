import Foundation
import JSON
import SystemCalls

/// martlet with a state directory, bundles and a folder of a test's own; everything that is left of it goes at the end.
final class Runtime: Sendable {
    let folder: URL
    /// The `martlet` under test: the one that MARTLET names, or the one that was built together with these tests.
    let martlet: String
    /// In front of every verb.
    let options: [String]

    init(options: [String] = []) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mr-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        martlet = try Self.program()
        self.options = ["--root", folder.appendingPathComponent("state").path] + options
    }

    /// The test bundle stands in the folder of the build's products and is named on the command line of whoever runs it.
    static func program() throws -> String {
        let beside = CommandLine.arguments.first { $0.hasSuffix(".xctest") }.map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("martlet").path
        }
        guard let path = Environment.value("MARTLET") ?? beside, FileManager.default.isExecutableFile(atPath: path)
        else { throw Running.TookTooLong(description: "no martlet: build it first, or name one in MARTLET") }
        return path
    }

    deinit {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: stateDirectory)) ?? []
        for id in ids { _ = try? callAsFunction("delete", "--force", id) }
        try? FileManager.default.removeItem(at: folder)
    }

    var stateDirectory: String { path("state") }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a file of the test's and names it.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        return path(name)
    }

    func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        return path(name)
    }

    func start(_ words: [String], input: String = "") throws -> Running {
        try Running.start([martlet] + options + words, input: input, in: folder)
    }

    /// Runs `martlet --root … WORDS` to its end.
    @discardableResult
    func callAsFunction(_ words: String..., input: String = "") throws -> Outcome {
        try start(words, input: input).wait()
    }

    /// A program of the machine, run to its end.
    func other(_ words: String...) throws -> Outcome { try Running.start(words, in: folder).wait() }

    /// A bundle with the guest in it; `change` says what is special about it.
    func bundle(
        _ guest: Guest, _ words: String..., change: (inout BundleConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        let id = "t-\(UUID().uuidString.prefix(8).lowercased())"
        let root = try directory("\(id)/rootfs")
        for name in ["proc", "sys", "dev", "tmp", "bin"] { _ = try directory("\(id)/rootfs/\(name)") }
        try FileManager.default.copyItem(atPath: guest.file().path, toPath: root + guest.path)
        // A native program to enter a wasm container with.
        if guest == .wasm {
            try FileManager.default.copyItem(atPath: Guest.native.file().path, toPath: root + "/guest")
        }
        var configuration = BundleConfiguration(guest, words)
        try change(&configuration)
        try file("\(id)/config.json", configuration.json.text(.pretty))
        return Container(runtime: self, id: id)
    }
}
