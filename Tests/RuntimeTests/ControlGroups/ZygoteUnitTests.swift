import Foundation
import SystemCalls
import Testing

@Suite(
    "the zygote as a unit of systemd",
    .enabled(
        if: Systemd.isHere && Systemd(unit: "martlet-zygote.socket")("LoadState") == "loaded",
        "a machine that systemd started, with martlet's units installed, is needed"),
    .serialized, .timeLimit(.minutes(5)))
final class ZygoteUnitTests {
    let runtime: Runtime
    let socket = Systemd(unit: "martlet-zygote.socket")
    let service = Systemd(unit: "martlet-zygote.service")

    init() throws {
        runtime = try Runtime()
        try control("enable", "--now", socket.unit)
    }

    deinit { try? control("disable", "--now", socket.unit, service.unit) }

    private func control(_ words: String...) throws {
        let outcome = try Running.start(["/usr/bin/systemctl"] + words, in: runtime.folder).wait()
        guard outcome.code == 0 else { throw Running.TookTooLong(description: "\(outcome)") }
    }

    @Test(arguments: Guest.allCases) func whoRunsAContainerStartsIt(guest: Guest) throws {
        #expect(try FileStatus.of("/run/martlet/zygote.sock").permissions == 0o600)
        #expect(service("ActiveState") == "inactive")
        let run = try runtime.bundle(guest, "exit", "42").run()
        #expect(run.code == 42, "\(run)")
        #expect(service("ActiveState") == "active")
        let container = try runtime.bundle(guest, "rest")
        _ = try container.launch()
        let group = try container.group()
        #expect(group.path == "/martlet/\(container.id)", "not the unit's")
        #expect(try container("exec", then: [guest.path, "exit", "3"]).code == 3)
    }

    @Test func aRestartHarmsNoContainer() throws {
        let container = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        let attended = try runtime.bundle(.wasm, "rest")
        let running = try attended.start("run", ["--bundle", attended.bundle])
        #expect(running.wrote("ready"))
        let process = service("MainPID")
        try control("restart", service.unit)
        #expect(service("MainPID") != process)
        #expect(try container.status() == "running")
        let run = try runtime.bundle(.wasm, "exit", "4").run()
        #expect(run.code == 4, "\(run)")
        try control("stop", socket.unit, service.unit)
        #expect(try container.status() == "running")
        let alone = try runtime.bundle(.wasm, "exit", "5").run()
        #expect(alone.code == 5, "\(alone)")
        #expect(try container("delete", "--force").code == 0)
        #expect(try attended("kill", then: ["KILL"]).code == 0)
        #expect(try running.wait().code == 137)
    }
}
