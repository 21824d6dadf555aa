import Foundation
import SystemCalls
import Testing

/// What a container runs: the same guest (RuntimeGuests/guest.c), compiled for the machine or for WASI.
enum Guest: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case native, wasm

    var testDescription: String { rawValue }

    /// Where it stands in a container.
    var path: String { self == .native ? "/guest" : "/guest.wasm" }

    static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let sources = repository.appendingPathComponent("Tests/RuntimeGuests")

    /// The compiled programs, made once for all tests. A machine without compilers finds them where MARTLET_GUESTS says.
    static let built: Result<URL, any Error> = Result {
        if let made = Environment.value("MARTLET_GUESTS") { return URL(fileURLWithPath: made) }
        // Not in the temporary folder: nobody removes it at the end, and one is enough.
        let folder = repository.appendingPathComponent(".build/runtime-guests")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["guest", "console", "filters", "landlocked", "packets", "terminal"] {
            try compile(
                [
                    Machine.program("cc") ?? "/usr/bin/cc", "-static", "-O1", "-pthread", "-o",
                    folder.appendingPathComponent(name).path,
                ], name,
                folder)
        }
        let source = sources.appendingPathComponent("guest.c").path
        let compiler = repository.appendingPathComponent("oci-samples/compile").path
        try run([compiler, source, folder.appendingPathComponent("guest.wasm").path], folder)
        return folder
    }

    private static func compile(_ words: [String], _ name: String, _ folder: URL) throws {
        try run(words + [sources.appendingPathComponent("\(name).c").path], folder)
    }

    private static func run(_ words: [String], _ folder: URL) throws {
        let outcome = try Running.start(words, in: folder).wait(seconds: 120)
        guard outcome.code == 0 else { throw Running.TookTooLong(description: "\(outcome)") }
    }

    /// The compiled file.
    func file() throws -> URL { try Self.built.get().appendingPathComponent(String(path.dropFirst())) }
}
