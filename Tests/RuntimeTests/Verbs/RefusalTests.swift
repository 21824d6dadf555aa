import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "What is wrong is refused, and said", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct RefusalTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: [
        ["frobnicate"], ["create"], ["start"], ["start", "a", "b"], ["create", "--no-such-option", "x"],
        ["start", "-info"],
        ["start", "-x"], ["state", "--all", "x"], ["delete", "--forced", "x"], ["kill", "x", "NOSUCH"],
        ["kill", "x", "99"],
        ["list", "--format", "xml"], ["exec", "x"], ["pause"], ["update"], ["spec", "extra", "words"],
    ]) func unknownWordsEndWithAnError(words: [String]) throws {
        let outcome = try runtime.start(words).wait()
        #expect(outcome.code != 0 && !outcome.error.isEmpty, "\(outcome)")
        #expect(!Machine.exists("\(runtime.stateDirectory)/x"))
    }

    @Test(arguments: ["", ".", "..", "a/b", "../a", "a b", "a\nb", "ü"])
    func anIdThatIsNoNameIsRefused(id: String) throws {
        let container = try runtime.bundle(.wasm, "exit", "0")
        let outcome = try runtime("create", "--bundle", container.bundle, "--", id)
        #expect(outcome.code != 0 && !outcome.error.isEmpty, "\(outcome)")
    }

    static let wrong: [(field: String, change: @Sendable (inout BundleConfiguration) -> Void)] = [
        ("ociVersion", { $0.others["ociVersion"] = "7.0.0" }),
        ("process.cwd", { $0.directory = "relative" }),
        ("process.args", { $0.process["args"] = [] }),
        ("process.rlimits", { $0.process["rlimits"] = [["type": "RLIMIT_TEST", "soft": 1, "hard": 1]] }),
        ("process.rlimits", { $0.process["rlimits"] = [["type": "RLIMIT_CORE", "soft": 2, "hard": 1]] }),
        ("root.path", { $0.others["root"] = ["path": "no-such-folder"] }),
        ("linux.namespaces", { $0.linux["namespaces"] = [["type": "warp"]] }),
        ("linux.namespaces", { $0.linux["namespaces"] = [["type": "pid"], ["type": "pid"]] }),
        ("linux.rootfsPropagation", { $0.linux["rootfsPropagation"] = "sideways" }),
        ("hooks", { $0.others["hooks"] = ["prestart": [["path": "relative"]]] }),
        ("hooks", { $0.others["hooks"] = ["prestart": [["path": "/bin/true", "timeout": 0]]] }),
        ("linux.sysctl", { $0.linux["sysctl"] = ["kernel/../vm.swappiness": "1"] }),
        ("mounts", { $0.mounts.append(["destination": "relative/path", "type": "warp", "source": "x"]) }),
    ]

    @Test(arguments: wrong.indices, Guest.allCases)
    func whatIsAskedAndCannotBeDoneNamesTheField(index: Int, guest: Guest) throws {
        let container = try runtime.bundle(guest, "exit", "0") { Self.wrong[index].change(&$0) }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains(Self.wrong[index].field), "\(outcome)")
        #expect(outcome.error.split(separator: "\n").count == 1, "one line: \(outcome)")
        #expect(!Machine.exists("\(runtime.stateDirectory)/\(container.id)"), "nothing is left")
        #expect(container.cgroups().isEmpty)
    }

    @Test(arguments: [
        "", "{", "[]", "{\"ociVersion\": \"1.0.2\"}", String(repeating: "[", count: 100_000), "null", "\u{0}",
    ])
    func aConfigurationThatIsNoneIsRefused(text: String) throws {
        let container = try runtime.bundle(.wasm, "exit", "0")
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(container.bundle)/config.json"))
        let outcome = try container.create()
        #expect(
            outcome.code != 0 && outcome.error.contains(text.contains("oci") ? "root" : "config.json"), "\(outcome)")
    }

    @Test func whatNoRecordHoldsIsRefusedAtOnce() throws {
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.others["annotations"] = ["long": .string(String(repeating: "x", count: 3 << 20))]
        }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("annotations"), "\(outcome)")
        #expect(!Machine.exists("\(runtime.stateDirectory)/\(container.id)"), "nothing is left")
        #expect(container.cgroups().isEmpty)
    }

    @Test(.enabled(if: Machine.exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us"), "no groups of real-time processes here"))
    func realTimeNeedsAGroupAboveThatHasSome() throws {
        func container(in path: String?) throws -> Container {
            try runtime.bundle(.native, "exit", "7") {
                $0.linux["resources"] = ["cpu": ["realtimeRuntime": 1000, "realtimePeriod": 100_000]]
                if let path { $0.linux["cgroupsPath"] = .string(path) }
            }
        }
        let usual = try container(in: nil).run()
        #expect(usual.code == 1 && usual.error.contains("linux.resources.cpu.realtimeRuntime"), "\(usual)")
        #expect(usual.error.contains("name a linux.cgroupsPath"), "\(usual)")
        let named = try container(in: "/mr-\(UUID().uuidString.prefix(8))").run()
        #expect(named.code == 7, "\(named)")
    }

    /// The kernel refuses ranges that overlap while the process between waits for them.
    @Test func mappingsThatTheKernelRefusesEndTheCreation() throws {
        let overlapping: JSONValue = [
            ["containerID": 0, "hostID": 100_000, "size": 1000], ["containerID": 500, "hostID": 200_000, "size": 1000],
        ]
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.linux["namespaces"] = BundleConfiguration.namespaces([
                "pid", "network", "ipc", "uts", "mount", "user", "time",
            ])
            $0.linux["uidMappings"] = overlapping
            $0.linux["gidMappings"] = overlapping
            $0.linux["timeOffsets"] = ["monotonic": ["secs": 10, "nanosecs": 0]]
        }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("linux.uidMappings"), "\(outcome)")
        #expect(!Machine.exists("\(runtime.stateDirectory)/\(container.id)"), "nothing is left")
        #expect(container.cgroups().isEmpty)
    }

    @Test func aRootThatIsNotThereHasNoListAndIsNotMade() throws {
        let outcome = try runtime("list")
        #expect(outcome.code == 1 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.error.contains("--root \(runtime.stateDirectory): "), "\(outcome)")
        #expect(!Machine.exists(runtime.stateDirectory))
    }

    @Test(arguments: [["list"], ["state", "absent"], ["run", "--bundle", "/", "x"]])
    func aLogThatCannotBeWrittenIsAnErrorBeforeAnythingElse(words: [String]) throws {
        for path in ["invalid:/log", "/no-such-folder/log", "/"] {
            let runtime = try Runtime(options: ["--log", path])
            let outcome = try runtime.start(words).wait()
            #expect(outcome.code == 1 && outcome.error.contains("--log \(path)"), "\(outcome)")
            #expect(outcome.output.isEmpty && outcome.error.split(separator: "\n").count == 1, "\(outcome)")
        }
    }

    @Test(arguments: ["text", "json"]) func theLogHasTheError(format: String) throws {
        let runtime = try Runtime(options: ["--log", "/tmp/mr-log-\(UUID().uuidString)", "--log-format", format])
        defer { try? FileManager.default.removeItem(atPath: runtime.options[3]) }
        let outcome = try runtime("start", "absent")
        #expect(outcome.code != 0)
        let log = Machine.text(of: runtime.options[3])
        try #require(!log.isEmpty)
        guard format == "json" else { return #expect(log.contains("level=error") && log.contains("absent")) }
        let line = try JSONNode(reading: Array(log.utf8))
        #expect(try line.required("level").string() == "error")
        #expect(try line.required("msg").string().contains("absent"))
        #expect(try !line.required("time").string().isEmpty)
    }

    @Test(arguments: ["list", "features", "ps --format json", "state"])
    func whatCannotBeWrittenIsAnError(words: String) throws {
        let container = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        let id = words == "list" || words == "features" ? "" : container.id
        let line = "\(([runtime.martlet] + runtime.options).joined(separator: " ")) \(words) \(id) >/dev/full"
        let outcome = try runtime.other("/bin/sh", "-c", line)
        #expect(outcome.code == 1 && outcome.error.contains("no space left"), "\(outcome)")
    }

    @Test func whatTheCompilerSaysHasOnePrefix() throws {
        let container = try runtime.bundle(.wasm) { $0.arguments = ["/bad.wat"] }
        try Data("(module (fun))".utf8).write(to: URL(fileURLWithPath: "\(container.root)/bad.wat"))
        let outcome = try container.run()
        #expect(outcome.code != 0 && outcome.error.components(separatedBy: "martlet: ").count == 2, "\(outcome)")
    }
}
