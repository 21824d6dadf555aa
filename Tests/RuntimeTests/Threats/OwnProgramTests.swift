import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: the runtime's own program is overwritten from inside (CVE-2019-5736).
@Suite(
    "What is the runtime's own stays its own", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct OwnProgramTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// Everything that would help an attacker: all capabilities that can be had, the host's processes in sight.
    private func privileged(_ words: String..., pidNamespace: Bool) throws -> Container {
        try runtime.bundle(.native) {
            $0.arguments += words
            let all: JSONValue = [
                "CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_KILL", "CAP_SYS_ADMIN",
            ]
            $0.process["capabilities"] = ["bounding": all, "effective": all, "permitted": all]
            let kinds = ["mount", "network"] + (pidNamespace ? ["pid"] : [])
            $0.linux["namespaces"] = BundleConfiguration.namespaces(kinds)
        }
    }

    @Test func aProgramThatEntersAContainerCannotBeWritten() throws {
        let before = try FileStatus.of(runtime.martlet)
        let container = try privileged("attack-entering", pidNamespace: true)
        let created = try container.launch()
        for _ in 0..<40 { _ = try container("exec", then: ["/guest", "exit", "0"]) }
        // The classic: the executed program is the runtime itself.
        try FileManager.default.createSymbolicLink(
            atPath: "\(container.root)/self", withDestinationPath: "/proc/self/exe")
        for _ in 0..<20 { _ = try container("exec", then: ["/self", "rest"]) }
        #expect(!created.output.contains("WRITABLE"), "\(created.output)")
        let after = try FileStatus.of(runtime.martlet)
        #expect(after.modified == before.modified && after.size == before.size)
    }

    @Test func aScriptWhoseInterpreterIsTheRuntimeItself() throws {
        let before = try FileStatus.of(runtime.martlet)
        let container = try runtime.bundle(.native) { $0.arguments = ["/script"] }
        try Data("#!/proc/self/exe\n".utf8).write(to: URL(fileURLWithPath: "\(container.root)/script"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(container.root)/script")
        _ = try container.run()
        #expect(try FileStatus.of(runtime.martlet).modified == before.modified)
    }

    @Test func noProcessOfTheRuntimesIsSeenFromInside() throws {
        let container = try privileged("write-programs", pidNamespace: true)
        let outcome = try container.run()
        #expect(outcome.output == "0 seen\n", "\(outcome)")
    }

    @Test func theProcessCannotBeTracedBeforeItsProgramRuns() throws {
        let container = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        let process = try container.process()
        // Undumpable: its files under /proc belong to root whoever it runs as, and a tracer needs more than the same user.
        let status = Machine.lines(of: "/proc/\(process)/status")
        #expect(status.contains { $0.hasPrefix("CapEff") && $0.hasSuffix("0000000000000000") }, "\(status)")
        #expect(status.contains { $0.hasPrefix("CapPrm") && $0.hasSuffix("0000000000000000") })
        #expect(status.contains { $0.hasPrefix("CapInh") && $0.hasSuffix("0000000000000000") })
        #expect(status.contains { $0.hasPrefix("CapAmb") && $0.hasSuffix("0000000000000000") })
        #expect(status.contains { $0 == "NoNewPrivs:\t1" })
        #expect(status.contains { $0 == "Seccomp:\t2" })
    }
}
