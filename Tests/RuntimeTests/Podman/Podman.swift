import Foundation
import SystemCalls

/// podman with a storage of a test's own, and martlet as its runtime.
final class Podman: Sendable {
    static let program = Machine.program("podman")
    static let isMissing = "podman isn't installed, or we aren't root"
    /// What it makes bridges and the tables of published ports with.
    static let hasBridges = Machine.program("iptables") != nil && Machine.exists("/usr/lib/podman/netavark")

    /// Without the right to raise limits (CAP_SYS_RESOURCE), a container can't ask for more than we have.
    static let limits: [String] = {
        let capabilities = Machine.lines(of: "/proc/self/status").first { $0.hasPrefix("CapEff") }
        let has = UInt64(capabilities?.split(separator: "\t").last ?? "", radix: 16).map { $0 >> 24 & 1 == 1 } ?? false
        return has ? [] : ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
    }()

    let folder: URL
    private let command: [String]

    /// With the runtime that MARTLET_PODMAN_RUNTIME names, to compare it.
    ///
    /// - Parameter network: where bridges and tables of a packet filter are made; nil is the host's network.
    init(in network: NetworkOfItsOwn? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mp-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = { [folder] in folder.appendingPathComponent($0).path }
        let options = [
            "--root", path("root"), "--runroot", path("run"), "--tmpdir", path("tmp"), "--cgroup-manager", "cgroupfs",
            "--storage-driver", "vfs", "--events-backend", "file",
            "--runtime", try Environment.value("MARTLET_PODMAN_RUNTIME") ?? Runtime.program(),
        ]
        command = (network?.entering ?? []) + [Self.program ?? "podman"] + options
    }

    deinit {
        _ = try? callAsFunction("rm", "--all", "--force", "--time", "0")
        _ = try? Running.unheard(["/bin/rm", "-rf", folder.path])
    }

    func start(_ words: [String], input: String = "") throws -> Running {
        try Running.start(command + words, input: input, in: folder)
    }

    /// Runs `podman WORDS` to its end.
    @discardableResult
    func callAsFunction(_ words: String..., input: String = "") throws -> Outcome {
        try start(words, input: input).wait(seconds: 60)
    }

    /// `podman run` of an image with no network of its own to be set up, to its end.
    @discardableResult
    func run(_ options: String..., image: String, _ words: [String] = [], input: String = "") throws -> Outcome {
        try start(["run", "--network", "none"] + Self.limits + options + [image] + words, input: input).wait(
            seconds: 60)
    }

    /// Runs it on a terminal, as somebody does who waits for `prompt` and then types `text`.
    func converse(_ options: String..., image: String, _ words: [String], prompt: String, text: String) throws
        -> Outcome
    {
        let keyboard = try [Guest.built.get().appendingPathComponent("terminal").path, prompt, text]
        let run = ["run", "--interactive", "--tty", "--network", "none"] + Self.limits + options + [image] + words
        return try Running.start(keyboard + command + run, in: folder).wait(seconds: 60)
    }

    /// Starts it in the background and waits until it is ready; its id.
    func launch(_ options: String..., image: String, _ words: [String], network: String = "none") throws -> String {
        let started = try start(["run", "--detach", "--network", network] + Self.limits + options + [image] + words)
            .wait()
        guard started.code == 0 else { throw Running.TookTooLong(description: "\(started)") }
        let id = started.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard try Machine.wait(until: { try self("logs", id).output.contains("ready") })
        else { throw Running.TookTooLong(description: "not ready: \(try self("logs", id))") }
        return id
    }

    /// An image from scratch with the guest in it, built by podman.
    func build(_ guest: Guest) throws -> String {
        let context = folder.appendingPathComponent("context-\(guest)")
        try FileManager.default.createDirectory(at: context, withIntermediateDirectories: true)
        let name = String(guest.path.dropFirst())
        try FileManager.default.copyItem(at: guest.file(), to: context.appendingPathComponent(name))
        let text = "FROM scratch\nCOPY \(name) /\(name)\nENV FROM=image\nENTRYPOINT [\"/\(name)\"]\n"
        try Data(text.utf8).write(to: context.appendingPathComponent("Dockerfile"))
        let outcome = try self("build", "--quiet", "--tag", "\(guest)", context.path)
        guard outcome.code == 0 else { throw Running.TookTooLong(description: "\(outcome)") }
        return "localhost/\(guest)"
    }
}
