import Foundation
import SystemCalls
import Testing

/// `martlet` before it becomes `martlet-runtime`.
@Suite("The launcher") struct LauncherTests {
    private let scratch: Scratch
    private let martlet: MartletCommand

    init() throws {
        scratch = try Scratch()
        martlet = try MartletCommand()
    }

    /// Copies `martlet` into a folder of the test's, beside something that stands for `martlet-runtime`.
    private func install(runtime script: String?) throws -> MartletCommand {
        let folder = scratch.folder.appendingPathComponent("bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let copy = folder.appendingPathComponent("martlet")
        try FileManager.default.copyItem(atPath: martlet.path, toPath: copy.path)
        if let script {
            let runtime = folder.appendingPathComponent("martlet-runtime")
            try Data("#!/bin/sh\n\(script)\n".utf8).write(to: runtime)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: runtime.path)
        }
        return MartletCommand(path: copy.path)
    }

    /// It begins without a loader, so nothing in it may have to be put right before it begins.
    @Test func nothingInItHasToBeRelocatedOrLoaded() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: martlet.path)))
        func number(_ at: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        let segments = (0..<number(56, 2)).map { number(32, 8) + $0 * number(54, 2) }
        let (interpreter, dynamic) = (3, 2)
        #expect(!segments.contains { number($0, 4) == interpreter })
        let table = try #require(segments.first { number($0, 4) == dynamic })
        let entries = stride(from: number(table + 8, 8), to: number(table + 8, 8) + number(table + 32, 8), by: 16)
        let tags = entries.map { number($0, 8) }.prefix { $0 != 0 }
        let (needed, rela, relr, rel) = (1, 7, 36, 17)
        #expect(!tags.contains { [needed, rela, relr, rel].contains($0) }, "\(tags)")
    }

    @Test func wordsAndEnvironmentArriveAsTheyAre() throws {
        let copy = try install(runtime: #"for word in "$0" "$@"; do printf '[%s]' "$word"; done; echo "$WHAT"; exit 7"#)
        let words = ["run", "", "a b", "--zygote", "/nowhere", "\u{fc}\n", "--", "-x"]
        try Environment.set("WHAT", to: "is it")
        defer { try? Environment.set("WHAT", to: nil) }
        let outcome = try copy.run(words, in: scratch.folder)
        #expect(outcome.exitCode == 7)
        let program = scratch.folder.appendingPathComponent("bin/martlet-runtime").path
        #expect(outcome.standardOutput == ([program] + words).map { "[\($0)]" }.joined() + "is it\n")
    }

    @Test(arguments: [
        [], ["run"], ["--root", "/x", "create", "--zygote"], ["run", "--preserve-fds", "x", "-b", "y", "z"],
    ])
    func whateverTheWordsAreTheRuntimeGetsThem(words: [String]) throws {
        let outcome = try install(runtime: "exit $#").run(words, in: scratch.folder)
        #expect(outcome.exitCode == Int32(words.count) && outcome.standardError.isEmpty, "\(outcome)")
    }

    @Test func withoutTheRuntimeItSaysWhatIsMissing() throws {
        let outcome = try install(runtime: nil).run(["--version"], in: scratch.folder)
        #expect(outcome.exitCode == 127)
        let reason = "/bin/martlet-runtime isn't there: it has to be installed beside martlet\n"
        #expect(outcome.standardError.hasSuffix(reason))
    }
}
