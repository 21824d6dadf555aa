import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "Docker with martlet as a runtime", .enabled(if: Machine.isRoot && Docker.isInstalled, "\(Docker.isMissing)"),
    .serialized, .timeLimit(.minutes(5)))
struct DockerTests {
    let docker: Docker

    init() throws { docker = try Docker() }

    private func build(_ guest: Guest) throws -> String {
        let name = String(guest.path.dropFirst())
        return try docker.build(
            "\(guest)", files: [name: guest.file()], "ENV FROM=image\nENTRYPOINT [\"/bin/\(name)\"]\n")
    }

    @Test(arguments: Guest.allCases) func anImageRunsWithVariablesVolumesAndExitCodes(guest: Guest) throws {
        let image = try build(guest)
        #expect(try docker.run("--rm", image: image, ["args", "a", "b c"]).output == "a\nb c\n")
        let seen = try docker.run("--rm", "-e", "A=1", "--env", "B=2 3", image: image, ["env"])
        #expect(Set(seen.lines).isSuperset(of: ["A=1", "B=2 3", "FROM=image"]), "\(seen)")
        for code: Int32 in [0, 1, 42] {
            #expect(try docker.run("--rm", image: image, ["exit", "\(code)"]).code == code)
        }
        let shared = docker.folder.appendingPathComponent("shared").path
        try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
        #expect(try docker.run("--rm", "-v", "\(shared):/data", image: image, ["write", "/data/made", "x"]).code == 0)
        #expect(Machine.text(of: "\(shared)/made") == "x")
        let refused = try docker.run("--rm", "-v", "\(shared):/data:ro", image: image, ["write", "/data/more", "x"])
        #expect(refused.code != 0 && !Machine.exists("\(shared)/more"), "\(refused)")
        #expect(try docker.run("--rm", "-i", image: image, ["cat"], input: "typed").output == "typed")
        let talk = try docker.converse(image: image, ["converse"], prompt: "ready", text: "typed words")
        #expect(talk.output == "ready\r\ntyped words\r\n1 1 1 heard typed words\r\n" && talk.code == 0, "\(talk)")
    }

    @Test(arguments: Guest.allCases) func aContainerIsControlled(guest: Guest) throws {
        let program = "/bin\(guest.path)"
        let id = try docker.launch("--memory", "64m", image: build(guest), ["rest"])
        #expect(try docker("ps", "--quiet", "--no-trunc").lines == [id])
        #expect(try docker("logs", id).output == "ready\n")
        let executed = try docker("exec", id, program, "args", "inside")
        #expect(executed.code == 0 && executed.output == "inside\n", "\(executed)")
        #expect(try docker("exec", id, program, "exit", "9").code == 9)
        #expect(try docker("top", id).lines.count == 2)
        if Machine.has(controller: "freezer") {
            #expect(try docker("pause", id).code == 0)
            #expect(try docker.inspect(id, ".State.Paused") == "true")
            #expect(try docker("unpause", id).code == 0)
            #expect(try docker.inspect(id, ".State.Paused") == "false")
        } else {
            Machine.skip("docker pause: no freezer here")
        }
        let statistics = try docker("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", id)
        #expect(statistics.code == 0 && statistics.output.hasPrefix("1 "), "\(statistics)")
        if Machine.has(controller: "memory") {
            #expect(statistics.output.contains("/ 64MiB"), "\(statistics)")
            let updated = try docker("update", "--memory", "128m", "--memory-swap", "256m", id)
            #expect(updated.code == 0, "\(updated)")
            #expect(memoryLimits(of: id).contains("134217728\n"))
        } else {
            Machine.skip("docker update: no memory controller here")
        }
        #expect(try docker("kill", "--signal", "KILL", id).code == 0)
        #expect(try docker("wait", id).output == "137\n")
        #expect(try docker("rm", id).code == 0)
        #expect(try docker("ps", "--all", "--quiet").output.isEmpty)
    }

    private func memoryLimits(of id: String) -> [String] {
        Set(Machine.hierarchies).flatMap { hierarchy in
            let group = "\(hierarchy)/\(docker.folder.lastPathComponent)/\(id)"
            return ["memory.limit_in_bytes", "memory.max"].map { Machine.text(of: "\(group)/\($0)") }
        }
    }

    @Test(arguments: Guest.allCases) func stoppingAsksFirst(guest: Guest) throws {
        let id = try docker.launch(image: build(guest), [guest == .native ? "answer" : "rest"])
        #expect(try docker("stop", "--time", "10", id).code == 0)
        #expect(try docker("wait", id).output == (guest == .native ? "55\n" : "143\n"))
        #expect(try docker("start", id).code == 0)
        #expect(try docker.inspect(id, ".State.Status") == "running")
        #expect(try docker("rm", "--force", id).code == 0)
        #expect(try docker("ps", "--all", "--quiet").output.isEmpty)
    }

    /// `docker import` makes an image of a tree, here of a module alone.
    @Test func anImportedModuleRuns() throws {
        let archive = docker.folder.appendingPathComponent("tree.tar").path
        let folder = try Guest.built.get().path
        let packed = try Running.start(
            ["/bin/tar", "--create", "--file", archive, "--directory", folder, "guest.wasm"], in: docker.folder
        ).wait()
        try #require(packed.code == 0, "\(packed)")
        let imported = try docker("import", "--change", "ENTRYPOINT [\"/guest.wasm\"]", archive, "imported")
        #expect(imported.code == 0, "\(imported)")
        let outcome = try docker.run("--rm", image: "imported", ["args", "from a tree"])
        #expect(outcome.code == 0 && outcome.output == "from a tree\n", "\(outcome)")
    }

    @Test(.enabled(if: Machine.program("busybox") != nil, "no busybox here")) func aShellOfBusyboxRuns() throws {
        let busybox = URL(fileURLWithPath: try #require(Machine.program("busybox")))
        let image = try docker.build("shell", files: ["busybox": busybox, "sh": busybox], "CMD [\"/bin/sh\"]\n")
        let outcome = try docker.run(
            "--rm", "--hostname", "there", image: image, ["sh", "-c", "hostname; echo $$; id -u; exit 4"])
        #expect(outcome.output == "there\n1\n0\n" && outcome.code == 4, "\(outcome)")
        let limited = try docker.run(
            "--rm", "--read-only", "--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            image: image, ["busybox", "touch", "/x"])
        #expect(limited.code == 1, "\(limited)")
        #expect(try docker.run("--rm", image: image, ["/absent"]).code == 127)
    }
}
