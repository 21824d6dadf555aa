import FilterMachine
import Foundation
import JSON
import SystemCalls
import Testing

@testable import Sandbox

/// The walls around the guests of containers, however they were started, looked at from outside.
@Suite(
    "The process around a container's guest", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
final class GuestWallTests {
    /// How a guest gets into a container.
    enum Way: CaseIterable, Sendable { case first, executed, executedInNative }

    let runtime: Runtime
    private var zygote: Zygote?
    private var running: [(Running, Int32)] = []

    init() throws { runtime = try Runtime() }

    deinit {
        for (executed, process) in running {
            try? Processes.kill(process, Signal.kill)
            _ = try? executed.wait()
        }
        zygote?.running.kill()
    }

    /// A guest's process, asleep.
    private func guest(
        _ way: Way, byZygote: Bool, module: String = RestingModule.text(network: false, threads: false),
        change: (inout BundleConfiguration) throws -> Void = { _ in }
    ) throws -> (Container, Int32) {
        let program = "/module.wat"
        let container = try runtime.bundle(way == .executedInNative ? .native : .wasm, "rest") {
            if way == .first { $0.arguments[0] = program }
            // What isn't for a guest.
            let all = BundleConfiguration.strings(["CAP_SYS_ADMIN", "CAP_KILL", "CAP_CHOWN"])
            $0.process["capabilities"] = [
                "bounding": all, "effective": all, "permitted": all, "inheritable": all, "ambient": all,
            ]
            try change(&$0)
        }
        try Data(module.utf8).write(to: URL(fileURLWithPath: container.root + program))
        if byZygote { zygote = try Zygote(runtime) }
        let created = try zygote.map { try container.create("--zygote", $0.socket) } ?? container.create()
        try #require(created.code == 0, "\(created)")
        try #require(container("start").code == 0)
        try #require(created.of.wrote("ready"), "\(created)")
        guard way != .first else { return (container, try container.process()) }
        let executed = try container.execute(program)
        running.append(executed)
        return (container, executed.1)
    }

    @Test(arguments: Way.allCases, [false, true])
    func itHasNoCapabilitiesGetsNoNewOnesAndMakesFewCalls(way: Way, byZygote: Bool) throws {
        let (_, process) = try guest(way, byZygote: byZygote)
        let status = OtherProcess(process).status
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(status[set] == "0000000000000000", "\(set) of \(status)")
        }
        #expect(status["NoNewPrivs"] == "1" && status["Seccomp"] == "2" && status["Threads"] == "1", "\(status)")
        try expect(SeccompProfile(), atMost: 30, of: process)
    }

    @Test(arguments: [(false, true, 30), (true, false, 45), (true, true, 45)])
    func whatItImportsDecidesOfItsFilter(network: Bool, threads: Bool, count: Int) throws {
        let module = RestingModule.text(network: network, threads: threads)
        let (_, process) = try guest(.first, byZygote: false, module: module)
        try expect(SeccompProfile(network: network, threads: threads), atMost: count, of: process)
    }

    private func expect(_ profile: SeccompProfile, atMost count: Int, of process: Int32) throws {
        guard let filters = try OtherProcess(process).filters(in: runtime.folder) else { return }
        let filter = try #require(filters.last)
        let isTheProfile = filters.count == 1 && filter.program == profile.program
        #expect(isTheProfile, "\(filters.count) filters, \(filter.program.count) instructions")
        let allowed = try (0..<UInt32(1024)).filter { try filter.results($0).contains(FilterMachine.allowed) }
        #expect(allowed == profile.allowed.map(\.rawValue).sorted() && allowed.count <= count, "\(allowed)")
        for call: SystemCallNumber in [.execve, .ptrace, .mount, .setns, .unshare, .bpf, .keyctl] {
            #expect(try filter.results(call.rawValue) == [FilterMachine.processKilled])
        }
        let foreign = SecureComputing.architecture == FilterMachine.x86 ? FilterMachine.i386 : FilterMachine.x86
        #expect(try filter.results(0, architecture: foreign) == [FilterMachine.processKilled])
    }

    /// The configuration's filter takes away from what the profile leaves, and gives nothing.
    @Test(arguments: Way.allCases) func theFilterOfTheConfigurationStandsBeforeIt(way: Way) throws {
        let (_, process) = try guest(way, byZygote: false) { $0.linux["seccomp"] = Self.refusing("SCMP_ACT_ERRNO") }
        guard let filters = try OtherProcess(process).filters(in: runtime.folder) else { return }
        let (isTheProfile, call) = (
            filters.last?.program == SeccompProfile().program, SystemCallNumber.mkdirat.rawValue
        )
        #expect(isTheProfile)
        #expect(try filters.map { try $0.results(call) } == [[FilterMachine.errno(28)], [FilterMachine.allowed]])
    }

    private static func refusing(_ action: String) -> JSONValue {
        [
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [
                ["names": ["mkdirat"], "action": .string(action), "errnoRet": action.hasSuffix("ERRNO") ? 28 : nil]
            ],
        ]
    }

    /// 51 is what WASI calls ENOSPC; 31 is SIGSYS.
    @Test(arguments: [("SCMP_ACT_ERRNO", 51), ("SCMP_ACT_KILL_PROCESS", 128 + 31)])
    func aCallThatTheConfigurationRefusesFailsForTheGuest(action: String, code: Int32) throws {
        let usual = try runtime.bundle(.wasm, "make-directory", "/made").run()
        #expect(usual.code == 0, "\(usual)")
        let outcome = try runtime.bundle(.wasm, "make-directory", "/made") {
            $0.linux["seccomp"] = Self.refusing(action)
        }.run()
        #expect(outcome.code == code, "\(outcome)")
        let container = try runtime.bundle(.native, "rest") { $0.linux["seccomp"] = Self.refusing(action) }
        try FileManager.default.copyItem(atPath: Guest.wasm.file().path, toPath: container.root + Guest.wasm.path)
        _ = try container.launch()
        #expect(try container("exec", then: [Guest.wasm.path, "make-directory", "/made"]).code == code)
        #expect(try container("exec", then: [Guest.wasm.path, "exit", "3"]).code == 3)
    }
}
