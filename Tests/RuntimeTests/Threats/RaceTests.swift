import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: what was checked is swapped before it is used (CVE-2021-30465, 2024-45310, 2025-52881, 2019-19921).
@Suite(
    "Races against somebody who swaps names", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(5)))
struct RaceTests {
    let runtime: Runtime
    /// How many containers race at least, and how many exchanges there have to be at least.
    static let rounds = Int(Environment.value("MARTLET_RACE_ROUNDS") ?? "") ?? 60
    static let exchanges = 100_000

    init() throws { runtime = try Runtime() }

    /// Swaps two names as fast as the kernel can while `body` is done again and again.
    private func whileExchanging(_ first: String, _ second: String, _ body: () throws -> Void) throws {
        var count = 0
        repeat {
            let swapper = try Running.start([Guest.native.file().path, "exchange", first, second], in: runtime.folder)
            defer { swapper.kill() }
            for _ in 0..<Self.rounds { try body() }
            try Processes.kill(swapper.process, Signal.terminate)
            count += Int(try swapper.wait().lines.first ?? "") ?? 1
        } while count < Self.exchanges
        print("\(count) exchanges")
    }

    @Test(arguments: Guest.allCases) func theTargetOfAMountIsSwappedForALink(guest: Guest) throws {
        let victim = try runtime.directory("victim")
        try runtime.file("victim/file", "untouched")
        let source = try runtime.directory("source")
        let container = try runtime.bundle(guest, "write", "/volume/made", "text") {
            $0.mounts.append(BundleConfiguration.bind(source, "/volume"))
            $0.mounts.append(["destination": "/volume/deep", "type": "tmpfs", "source": "tmpfs"])
        }
        _ = try runtime.directory("\(container.id)/rootfs/volume/deep")
        try FileManager.default.createSymbolicLink(atPath: "\(container.root)/link", withDestinationPath: victim)
        try whileExchanging("\(container.root)/volume", "\(container.root)/link") {
            _ = try container.run()
            #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["file"])
            #expect(Machine.text(of: "\(victim)/file") == "untouched")
        }
        #expect(!Machine.text(of: "/proc/self/mountinfo").contains(victim))
    }

    @Test func procIsSwappedForALinkToAFakeOne() throws {
        // Whoever writes /proc/self/attr/exec, oom_score_adj or sysctl by path would write into this one.
        let container = try runtime.bundle(.native, "read", "/proc/self/oom_score_adj") {
            $0.process["oomScoreAdj"] = 321
            $0.linux["sysctl"] = ["net.ipv4.ip_forward": "1"]
        }
        let fake = try runtime.directory("\(container.id)/rootfs/fake")
        for folder in ["self", "thread-self", "sys/net/ipv4", "self/attr", "self/fd"] {
            _ = try runtime.directory("\(container.id)/rootfs/fake/\(folder)")
        }
        for file in ["self/oom_score_adj", "sys/net/ipv4/ip_forward", "self/uid_map", "self/attr/exec"] {
            try runtime.file("\(container.id)/rootfs/fake/\(file)", "fake")
        }
        try FileManager.default.createSymbolicLink(atPath: "\(container.root)/link", withDestinationPath: "/fake")
        try whileExchanging("\(container.root)/proc", "\(container.root)/link") {
            // The guest itself may look at the fake one: the names are swapped after the mounts, too.
            _ = try container.run()
            #expect(Machine.text(of: "\(fake)/self/oom_score_adj") == "fake", "written where it never should")
            #expect(Machine.text(of: "\(fake)/sys/net/ipv4/ip_forward") == "fake")
        }
    }

    @Test(arguments: ["attr", "self"]) func aFakeProcIsMountedInsteadOfTheRealOne(kind: String) throws {
        let fake = try runtime.directory("fake")
        _ = try runtime.directory("fake/\(kind)")
        try runtime.file("fake/\(kind)/oom_score_adj", "fake")
        for mount: JSONValue in [
            ["destination": "/proc", "type": "tmpfs", "source": "tmpfs"], BundleConfiguration.bind(fake, "/proc"),
        ] {
            let container = try runtime.bundle(.native, "exit", "0") {
                $0.mounts[0] = mount
                $0.process["oomScoreAdj"] = 321
                $0.process["apparmorProfile"] = "unconfined"
                $0.linux["sysctl"] = ["net.ipv4.ip_forward": "1"]
            }
            let outcome = try container.run()
            #expect(Machine.text(of: "\(fake)/\(kind)/oom_score_adj") == "fake", "\(outcome)")
        }
    }
}
