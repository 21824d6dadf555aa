import Foundation
import JSON
import SystemCalls

/// Docker's daemon with martlet as a runtime of its configuration, and with all that it keeps in a folder of a test's own.
///
/// It makes no bridge and no tables, and what it mounts is seen by it and its containers alone.
final class Docker: Sendable {
    /// Where `.ci/docker` puts what it starts, and after that where a machine has it.
    private static let searchPath =
        ["usr/sbin", "usr/bin"].map { "\(Guest.repository.path)/.build/docker/\($0)" }
        .joined(separator: ":") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let programs = ["dockerd", "containerd", "docker", "unshare"]
    static let isInstalled = programs.allSatisfy { find($0) != nil }
    static let isMissing = "\(programs.joined(separator: ", ")): not all are here, or we aren't root"

    private static func find(_ name: String) -> String? { ChildProgram.find(name, searchPath: searchPath) }

    let folder: URL
    private let daemon: Running
    private let command: [String]

    /// With the runtime that MARTLET_DOCKER_RUNTIME names, to compare it.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("md-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = { [folder] in folder.appendingPathComponent($0).path }
        let runtime = try Environment.value("MARTLET_DOCKER_RUNTIME") ?? Runtime.program()
        let configuration: JSONValue = [
            "runtimes": ["tested": ["path": .string(runtime)]], "deprecated-key-path": .string(path("key.json")),
        ]
        try Data(configuration.text(.pretty).utf8).write(to: URL(fileURLWithPath: path("daemon.json")))
        let address = "unix://\(path("socket"))"
        let options = [
            "--config-file", path("daemon.json"), "--data-root", path("data"), "--exec-root", path("exec"),
            "--pidfile", path("pid"), "--host", address, "--bridge=none", "--iptables=false", "--ip-forward=false",
            "--ip-masq=false", "--storage-driver", "vfs", "--cgroup-parent", "/\(folder.lastPathComponent)",
            // Where systemd started the machine, too.
            "--exec-opt", "native.cgroupdriver=cgroupfs",
        ]
        let isolated = [Self.find("unshare") ?? "unshare", "--mount", "--propagation", "private"]
        let environment = Environment.all.filter { !$0.hasPrefix("PATH=") } + ["PATH=\(Self.searchPath)"]
        daemon = try Running.start(
            isolated + [Self.find("dockerd") ?? "dockerd"] + options, environment: environment, in: folder)
        command = [Self.find("docker") ?? "docker", "--host", address]
        guard try Machine.wait(seconds: 30, until: { try self("version").code == 0 }) else {
            daemon.kill()
            throw Running.TookTooLong(description: "no daemon: \(daemon.error.suffix(1000))")
        }
    }

    deinit {
        if let ids = try? self("ps", "--all", "--quiet").lines, !ids.isEmpty {
            _ = try? start(["rm", "--force"] + ids).wait()
        }
        // It ends its containerd itself.
        try? Processes.kill(daemon.process, Signal.terminate)
        _ = try? daemon.wait()
        let groups = Set(Machine.hierarchies).map { "\($0)/\(folder.lastPathComponent)" }.filter(Machine.exists)
        if !groups.isEmpty { _ = try? Running.unheard(["/bin/rmdir"] + groups) }
        _ = try? Running.unheard(["/bin/rm", "-rf", folder.path])
    }

    func start(_ words: [String], input: String = "") throws -> Running {
        try Running.start(command + words, input: input, in: folder)
    }

    /// Runs `docker WORDS` to its end.
    @discardableResult
    func callAsFunction(_ words: String..., input: String = "") throws -> Outcome {
        try start(words, input: input).wait(seconds: 60)
    }

    private static let runtime = ["--runtime", "tested", "--network", "none"]

    /// `docker run` of an image, to its end.
    @discardableResult
    func run(_ options: String..., image: String, _ words: [String] = [], input: String = "") throws -> Outcome {
        try start(["run"] + Self.runtime + options + [image] + words, input: input).wait(seconds: 60)
    }

    /// Runs it on a terminal, as somebody does who waits for `prompt` and then types `text`.
    func converse(image: String, _ words: [String], prompt: String, text: String) throws -> Outcome {
        let keyboard = try [Guest.built.get().appendingPathComponent("terminal").path, prompt, text]
        let run = ["run", "--rm", "--interactive", "--tty"] + Self.runtime + [image] + words
        return try Running.start(keyboard + command + run, in: folder).wait(seconds: 60)
    }

    /// Starts it in the background and waits until it is ready; its id.
    func launch(_ options: String..., image: String, _ words: [String]) throws -> String {
        let started = try start(["run", "--detach"] + Self.runtime + options + [image] + words).wait(seconds: 60)
        guard started.code == 0 else { throw Running.TookTooLong(description: "\(started)") }
        let id = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard try Machine.wait(until: { try self("logs", id).output.contains("ready") })
        else { throw Running.TookTooLong(description: "not ready: \(try self("logs", id))") }
        return id
    }

    /// What `docker inspect` says of a container.
    func inspect(_ id: String, _ format: String) throws -> String {
        try self("inspect", "--format", "{{\(format)}}", id).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// An image from scratch of these files, built by Docker's own builder.
    func build(_ name: String, files: [String: URL], _ instructions: String) throws -> String {
        let context = folder.appendingPathComponent("context-\(name)")
        try FileManager.default.createDirectory(at: context, withIntermediateDirectories: true)
        var text = "FROM scratch\n"
        for (name, file) in files {
            try FileManager.default.copyItem(at: file, to: context.appendingPathComponent(name))
            text += "COPY \(name) /bin/\(name)\n"
        }
        try Data((text + instructions).utf8).write(to: context.appendingPathComponent("Dockerfile"))
        // The classic builder: it needs neither a plug-in nor the network.
        let words = command + ["build", "--quiet", "--tag", name, context.path]
        let outcome = try Running.start(words, environment: Environment.all + ["DOCKER_BUILDKIT=0"], in: folder).wait(
            seconds: 60)
        guard outcome.code == 0 else { throw Running.TookTooLong(description: "\(outcome)") }
        return name
    }
}
