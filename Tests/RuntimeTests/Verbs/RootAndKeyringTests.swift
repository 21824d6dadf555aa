import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "--no-pivot and --no-new-keyring", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct RootAndKeyringTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// What a container sees of its root is in its bundle, and no way leads to a file of the host's.
    @Test(arguments: Guest.allCases, [false, true]) func theRootIsTheBundles(guest: Guest, noPivot: Bool) throws {
        let options = noPivot ? ["--no-pivot"] : []
        let secret = try runtime.file("secret", "of the host")
        let listed = try runtime.bundle(guest, "list", "/")
        let expected = Set(try FileManager.default.contentsOfDirectory(atPath: listed.root))
        let outcome = try listed.start("run", ["--bundle", listed.bundle] + options).wait()
        #expect(outcome.code == 0 && Set(outcome.lines) == expected, "\(outcome)")
        let depth = String(repeating: "../", count: 20)
        for path in [secret, "/\(depth)\(secret.dropFirst())", "/proc/self/root\(secret)", "/proc/1/root\(secret)"] {
            let container = try runtime.bundle(guest, "read", path)
            let outcome = try container.start("run", ["--bundle", container.bundle] + options).wait()
            #expect(outcome.code != 0 && !outcome.output.contains("host"), "\(outcome)")
        }
    }

    @Test(arguments: Guest.allCases) func withoutAPivotTheContainerLivesAndIsEntered(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest")
        let created = try container.create("--no-pivot")
        try #require(created.code == 0, "\(created)")
        #expect(try container("start").code == 0)
        #expect(created.of.wrote("ready"))
        let process = try container.process()
        #expect(OtherProcess(process).namespace("mnt") != OtherProcess(Processes.current).namespace("mnt"))
        // A whole proc or sysfs of the host's would let a container mount one without its masks.
        let table = Machine.lines(of: "/proc/\(process)/mountinfo")
        #expect(table.isEmpty == (guest == .wasm) && !table.contains { $0.contains(" - sysfs ") }, "\(table)")
        let outcome = try container("exec", then: [guest.path, "list", "/"])
        #expect(Set(outcome.lines) == Set(try FileManager.default.contentsOfDirectory(atPath: container.root)))
        #expect(
            try container("exec", then: [guest.path, "read", runtime.path("\(container.id)/config.json")]).code != 0)
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.text(of: "/proc/self/mountinfo").contains(container.id), "nothing on the host")
    }

    /// The session keyring of whoever is asked, described by the guest; the caller's own is the one of this test.
    private func keyring(_ words: [String]) throws -> String? {
        let outcome = try Running.start(words, in: runtime.folder).wait()
        if outcome.code == Errno.notImplemented.rawValue { return nil }
        #expect(outcome.code == 0, "\(outcome)")
        return outcome.lines.first
    }

    @Test func aContainerHasAKeyringOfItsOwnUnlessTheCallersIsKept() throws {
        guard let own = try keyring([Guest.native.file().path, "keyring"]) else { return Machine.skip("no keyrings") }
        for keeps in [false, true] {
            let container = try runtime.bundle(.native, "keyring")
            let options = keeps ? ["--no-new-keyring"] : []
            let outcome = try container.start("run", ["--bundle", container.bundle] + options).wait()
            #expect(outcome.code == 0 && (outcome.lines.first == own) == keeps, "\(outcome), the caller's: \(own)")
            #expect(outcome.output.contains("_ses.\(container.id)") == !keeps, "\(outcome)")
        }
    }

    @Test(arguments: Guest.allCases) func whatIsExecutedHasTheKeyringOfTheContainersKind(guest: Guest) throws {
        guard let own = try keyring([Guest.native.file().path, "keyring"]) else { return Machine.skip("no keyrings") }
        for keeps in [false, true] {
            let container = try runtime.bundle(guest, "rest")
            let created = try keeps ? container.create("--no-new-keyring") : container.create()
            try #require(created.code == 0, "\(created)")
            #expect(try container("start").code == 0)
            let outcome = try container("exec", then: ["/guest", "keyring"])
            #expect(outcome.code == 0 && (outcome.lines.first == own) == keeps, "\(outcome), the caller's: \(own)")
            let rings = Machine.lines(of: "/proc/keys").count { $0.contains("_ses.\(container.id)") }
            #expect(rings == (keeps ? 0 : 1))
            #expect(try container("delete", "--force").code == 0)
        }
    }
}
