import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "podman with martlet as its runtime", .enabled(if: Machine.isRoot && Podman.program != nil, "\(Podman.isMissing)"),
    .timeLimit(.minutes(5)))
struct PodmanTests {
    let podman: Podman

    init() throws { podman = try Podman() }

    @Test(arguments: Guest.allCases) func anImageRunsWithVariablesVolumesAndExitCodes(guest: Guest) throws {
        let image = try podman.build(guest)
        #expect(try podman.run("--rm", image: image, ["args", "a", "b c"]).output == "a\nb c\n")
        let seen = try podman.run("--rm", "-e", "A=1", "--env", "B=2 3", image: image, ["env"])
        #expect(Set(seen.lines).isSuperset(of: ["A=1", "B=2 3", "FROM=image"]), "\(seen)")
        for code: Int32 in [0, 1, 42] {
            let outcome = try podman.run("--rm", image: image, ["exit", String(code)])
            #expect(outcome.code == code, "\(outcome)")
        }
        let shared = podman.folder.appendingPathComponent("shared").path
        try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
        #expect(try podman.run("--rm", "-v", "\(shared):/data", image: image, ["write", "/data/made", "x"]).code == 0)
        #expect(Machine.text(of: "\(shared)/made") == "x")
        #expect(
            try podman.run("--rm", "-v", "\(shared):/data:ro", image: image, ["write", "/data/more", "x"]).code != 0)
        #expect(try podman.run("--rm", "-i", image: image, ["cat"], input: "typed").output == "typed")
    }

    @Test(arguments: Guest.allCases) func aTerminalIsOne(guest: Guest) throws {
        let image = try podman.build(guest)
        let outcome = try podman.run("--rm", "-t", image: image, ["tty"])
        #expect(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) == "1 1 1", "\(outcome)")
    }

    @Test(arguments: Guest.allCases) func aContainerIsControlled(guest: Guest) throws {
        let image = try podman.build(guest)
        let id = try podman.launch(image: image, ["rest"])
        #expect(try podman("ps", "--quiet", "--no-trunc").lines == [id])
        if Machine.has(controller: "freezer") {
            #expect(try podman("pause", id).code == 0)
            #expect(try podman("ps", "--all", "--format", "{{.Status}}").output.contains("Paused"))
            #expect(try podman("unpause", id).code == 0)
        } else {
            Machine.skip("podman pause: no freezer here")
        }
        let executed = try podman("exec", id, guest.path, "args", "inside")
        #expect(executed.code == 0 && executed.output == "inside\n", "\(executed)")
        #expect(try podman("exec", id, guest.path, "exit", "9").code == 9)
        let top = try podman("top", id, "pid", "args")
        #expect(top.code == 0 && top.lines.count == 2, "\(top)")
        #expect(top.lines.last?.split(separator: " ") == ["1", guest.path[...], "rest"], "\(top)")
        try expectStatistics(of: id)
        #expect(try podman("kill", "--signal", "KILL", id).code == 0)
        #expect(try podman("wait", id).output == "137\n")
        #expect(try podman("rm", id).code == 0)
        #expect(try podman("ps", "--all", "--quiet").output.isEmpty)
    }

    private func expectStatistics(of id: String) throws {
        let outcome = try podman("stats", "--no-stream", "--format", "json", id)
        #expect(outcome.code == 0, "\(outcome)")
        let entry = try #require(JSONNode(reading: Array(outcome.output.utf8)).elements().first)
        #expect(try id.hasPrefix(entry.required("id").string()))
        if Machine.has(controller: "pids") { #expect(try entry.required("pids").string() == "1", "\(outcome)") }
        if Machine.has(controller: "memory") {
            let usage = try entry.required("mem_usage").string()
            #expect(["kB", "MB"].contains { usage.split(separator: " ").first?.hasSuffix($0) == true }, "\(usage)")
        }
    }

    @Test(arguments: Guest.allCases) func somebodyAtATerminalIsUnderstood(guest: Guest) throws {
        let image = try podman.build(guest)
        let outcome = try podman.converse("--rm", image: image, ["converse"], prompt: "ready", text: "typed words")
        #expect(outcome.code == 0, "\(outcome)")
        // What is typed is repeated, by the container's terminal alone.
        #expect(outcome.output == "ready\r\ntyped words\r\n1 1 1 heard typed words\r\n", "\(outcome)")
        let failed = try podman.converse("--rm", image: image, ["exit", "9"], prompt: "never", text: "")
        #expect(failed.code == 9, "\(failed)")
    }

    @Test(arguments: Guest.allCases) func stoppingAsksFirst(guest: Guest) throws {
        let image = try podman.build(guest)
        let id = try podman.launch(image: image, [guest == .native ? "answer" : "rest"])
        let stopped = try podman("stop", "--time", "10", id)
        #expect(stopped.code == 0, "\(stopped)")
        #expect(try podman("wait", id).output == (guest == .native ? "55\n" : "143\n"))
        #expect(try podman("start", id).code == 0)
        #expect(try podman("rm", "--force", "--time", "0", id).code == 0)
    }

    @Test(.enabled(if: Machine.has(controller: "memory"), "no memory controller here"), arguments: Guest.allCases)
    func limitsAreUpdated(guest: Guest) throws {
        let id = try podman.launch("--memory", "64m", image: podman.build(guest), ["rest"])
        let updated = try podman("update", "--memory", "128m", id)
        #expect(updated.code == 0, "\(updated)")
        let value = Set(Machine.hierarchies).flatMap { hierarchy in
            let found = FileManager.default.enumerator(atPath: hierarchy)?.compactMap { $0 as? String } ?? []
            return found.filter {
                $0.contains(id) && ($0.hasSuffix("memory.limit_in_bytes") || $0.hasSuffix("memory.max"))
            }
            .map { Machine.text(of: "\(hierarchy)/\($0)") }
        }
        #expect(value.contains("134217728\n"), "\(value)")
    }

    @Test(.enabled(if: Machine.program("busybox") != nil, "no busybox here")) func aShellOfBusyboxRuns() throws {
        let context = podman.folder.appendingPathComponent("busybox")
        try FileManager.default.createDirectory(at: context, withIntermediateDirectories: true)
        let busybox = try #require(Machine.program("busybox"))
        try FileManager.default.copyItem(atPath: busybox, toPath: context.appendingPathComponent("busybox").path)
        let text = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\nCMD [\"/bin/sh\"]\n"
        try Data(text.utf8).write(to: context.appendingPathComponent("Dockerfile"))
        try #require(podman("build", "--quiet", "--tag", "busybox", context.path).code == 0)
        let outcome = try podman.run(
            "--rm", "--hostname", "there", image: "localhost/busybox",
            ["sh", "-c", "hostname; echo $$; id -u; touch /tmp2 && echo made; exit 4"])
        #expect(outcome.output == "there\n1\n0\nmade\n" && outcome.code == 4, "\(outcome)")
        let limited = try podman.run(
            "--rm", "--read-only", "--user", "1000:1000", image: "localhost/busybox", ["busybox", "touch", "/x"])
        #expect(limited.code == 1, "\(limited)")
    }
}
