import JSON
import OCISpec
import SystemCalls
import Testing

@testable import ContainerMounts

/// A bundle in a directory of its own, removed with its owner, and the probe that makes its tree.
final class Bundle: Sendable {
    let path: String

    init() throws {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        try bytes.withUnsafeMutableBytes { try Randomness.fill($0) }
        path = "/tmp/martlet-mounts-" + bytes.map { String($0, radix: 16) }.joined()
        // Open for the mapped root of a user namespace too.
        try Files.makeDirectory(path, mode: 0o755)
        for name in ["rootfs", "rootfs/proc", "rootfs/dev", "rootfs/sys", "outside"] { try makeDirectory(name) }
        try write("outside/canary", "alive")
    }

    deinit { try? TreeRemoval.remove(path) }

    func makeDirectory(_ name: String) throws { try Files.makeDirectory("\(path)/\(name)", mode: 0o755) }

    func write(_ name: String, _ text: String) throws {
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    func link(_ name: String, to target: String) throws {
        try FileCalls.symbolicLink(to: target, at: "\(path)/\(name)", in: Files.currentDirectory)
    }

    func exists(_ name: String) -> Bool { (try? FileStatus.of("\(path)/\(name)")) != nil }

    func names(_ name: String) throws -> [String] {
        try Files.names(inDirectory: "\(path)/\(name)", limit: 1000).sorted()
    }

    /// Nothing was made or changed beside the root.
    func expectCanary(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(try names("outside") == ["canary"], sourceLocation: location)
        let text = try Files.contents(of: path + "/outside/canary", limit: 100)
        #expect(String(decoding: text, as: UTF8.self) == "alive", sourceLocation: location)
    }

    struct Report {
        var end: ChildProgram.Outcome.End
        var text: String

        /// The answer to a question such as `kind /dev/null`.
        func answer(_ question: String) -> String? {
            for line in text.split(separator: "\n") where line.hasPrefix(question + ": ") {
                return String(line.dropFirst(question.count + 2))
            }
            return nil
        }

        /// Why the tree wasn't made.
        var refusal: String? {
            for line in text.split(separator: "\n") where line.hasPrefix("refused=") {
                return String(line.dropFirst(8))
            }
            return nil
        }
    }

    static func probe(_ words: [String]) throws -> Report {
        let own = try Files.target(ofLink: "/proc/self/exe")
        let program = own[..<(own.lastIndex(of: "/") ?? own.endIndex)] + "/MountProbe"
        let outcome = try ChildProgram.run(
            String(program), arguments: ["probe"] + words, environment: [], input: .bytes([]), outputLimit: 1 << 20,
            timeout: .seconds(120))
        return Report(end: outcome.end, text: String(decoding: outcome.output, as: UTF8.self))
    }

    /// Makes the tree of this bundle as its `config.json` has it, and asks the questions.
    func enter(_ configuration: Configuration, _ words: String...) throws -> Report {
        try write("config.json", configuration.text(root: path + "/rootfs"))
        return try Self.probe(["enter", "bundle=\(path)"] + words)
    }
}

/// Parts of a `config.json`, as JSON text.
struct Configuration {
    var mounts: [String] = []
    var linux: [String] = []
    var namespaces = ["mount"]
    var isReadOnly = false
    var cwd = "/"

    static let deviceMount = """
        {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]}
        """
    static let procMount = #"{"destination":"/proc","type":"proc","source":"proc"}"#

    /// As `runc spec` has it, without what a machine may lack.
    static var standard: Configuration {
        Configuration(
            mounts: [
                procMount, deviceMount,
                """
                {"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance",
                "ptmxmode=0666","mode=0620","gid=5"]}
                """,
                """
                {"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["nosuid","noexec","nodev","mode=1777",
                "size=65536k"]}
                """,
                #"{"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]}"#,
                #"{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]}"#,
                """
                {"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev",
                "relatime","ro"]}
                """,
            ],
            linux: [
                #""maskedPaths":["/proc/acpi","/proc/keys","/proc/timer_list","/sys/firmware","/proc/nothing"]"#,
                #""readonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys"]"#,
            ], namespaces: ["mount", "pid", "ipc", "network"])
    }

    func text(root: String) -> String {
        let types = namespaces.map { #"{"type":"\#($0)"}"# }.joined(separator: ",")
        let linux = ([#""namespaces":[\#(types)]"#] + linux).joined(separator: ",")
        return """
            {"ociVersion":"1.2.0","process":{"cwd":"\(cwd)","args":["x"]},
            "root":{"path":"\(root)","readonly":\(isReadOnly)},"mounts":[\(mounts.joined(separator: ","))],"linux":{\(linux)}}
            """
    }

    func plan(_ workload: MountPlan.Workload = .native) throws -> MountPlan {
        let configuration = try RuntimeConfiguration(reading: Array(text(root: "rootfs").utf8))
        return try MountPlan(configuration, bundle: "/bundle", workload: workload)
    }
}

/// What these tests need of the machine.
enum Machine {
    static let isRoot = Processes.effectiveUser == 0
    /// Whether parts of what is mounted nowhere can be copied.
    static let makesTreesOfTrees: Bool = {
        guard let context = try? Mounts.openContext(type: "tmpfs"),
            let folder = try? Mounts.create(context.rawValue, attributes: []),
            (try? Mounts.copyTree(in: folder.rawValue, recursive: false)) != nil
        else { return false }
        return true
    }()
    static let hasSELinux = (try? FileStatus.of("/sys/fs/selinux/enforce")) != nil
}
