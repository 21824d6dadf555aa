import Foundation
import JSON
import SystemCalls
import Testing

/// The files of a container's guest: its module, and what no mount granted.
@Suite("A guest's files", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
final class GuestFileTests {
    let runtime: Runtime
    private var zygote: Zygote?

    init() throws { runtime = try Runtime() }

    deinit { zygote?.running.kill() }

    enum Change: CaseIterable, Sendable { case moved, replaced, overwritten, emptied }

    /// The module is opened and mapped by `create`, before the root is given up: nothing is read of it later.
    @Test(arguments: Change.allCases, [false, true]) func theGuestIsTheOneThatWasCreated(change: Change, byZygote: Bool)
        throws
    {
        let container = try runtime.bundle(.wasm, "rest")
        if byZygote { zygote = try Zygote(runtime) }
        let created = try zygote.map { try container.create("--zygote", $0.socket) } ?? container.create()
        try #require(created.code == 0, "\(created)")
        let (path, other) = (container.root + Guest.wasm.path, "\(container.root)/other")
        try Data("(module (func (export \"_start\") unreachable))".utf8).write(to: URL(fileURLWithPath: other))
        switch change {
        case .moved: try FileManager.default.moveItem(atPath: path, toPath: "\(container.bundle)/elsewhere")
        case .replaced:
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: other, toPath: path)
        case .overwritten, .emptied:
            let file = try Files.open(path, flags: [.writeOnly, .truncate])
            if change == .overwritten { try Files.writeAll(file.rawValue, Array(Machine.text(of: other).utf8)) }
        }
        let started = try container("start")
        #expect(started.code == 0, "\(started)")
        #expect(created.of.wrote("ready"), "\(created)")
        #expect(try container.status() == "running")
        #expect(try container("delete", "--force").code == 0)
        // Whoever is created now gets what is there now.
        let next = try container.create()
        let code = try next.code == 0 ? container("start").code : next.code
        let isAnother = try code != 0 || container.becomes("stopped")
        #expect(isAnother, "\(next)")
    }

    /// Links of the image and paths of the guest, to files of the host's. What goes up from the root stays in it.
    @Test(arguments: [false, true]) func noPathLeadsToWhatNoMountGranted(isExecuted: Bool) throws {
        let victim = try runtime.directory("victim")
        let secrets = [try runtime.file("victim/secret", "untouched"), try runtime.file("secret", "untouched")]
        let container = try runtime.bundle(.wasm, "rest")
        let up = String(repeating: "../", count: 24)
        for (name, target) in [
            "link": secrets[0], "folder": victim, "up": "\(up)\(victim.dropFirst())", "top": "/", "above": "../..",
            "process": "/proc/self/root", "descriptor": "/proc/self/fd/3/../..",
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(container.root)/\(name)", withDestinationPath: target)
        }
        let names = [
            secrets[0], "/\(up)\(victim.dropFirst())/secret", "tmp/../\(up)\(victim.dropFirst())/secret", "/link",
            "/folder/secret", "/up/secret", "/top\(victim)/secret", "/above/secret", "/process\(victim)/secret",
            "/descriptor/secret", "/descriptor/victim/secret", "../../secret", "/tmp/../../../secret",
        ]
        if isExecuted { _ = try container.launch() }
        func run(_ words: String...) throws -> Outcome {
            if isExecuted { return try container("exec", then: [Guest.wasm.path] + words) }
            let configuration = BundleConfiguration(.wasm, words)
            try runtime.file("\(container.id)/config.json", configuration.json.text(.pretty))
            return try container.run()
        }
        for name in names {
            let outcome = try run("read", name)
            #expect(outcome.code != 0 && outcome.output.isEmpty, "\(name): \(outcome)")
        }
        for name in ["/folder", "/above", "/..", "/../..", "/process", "/descriptor"] {
            #expect(try !run("list", name).lines.contains { ["secret", container.id].contains($0) }, "\(name)")
        }
        for name in names { _ = try run("write", name, "changed") }
        for secret in secrets { #expect(Machine.text(of: secret) == "untouched") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["secret"])
    }
}
