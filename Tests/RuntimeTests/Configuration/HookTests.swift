import Foundation
import JSON
import SystemCalls
import Testing

@Suite("Hooks", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct HookTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    private static let kinds = [
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
    ]

    /// Each kind writes its name and the status that it is told, startContainer from inside.
    private func hooks() throws -> JSONValue {
        let journal = runtime.path("journal")
        var hooks: JSONObject = [:]
        for kind in Self.kinds where kind != "startContainer" {
            hooks[kind] = [
                BundleConfiguration.hook(
                    "echo \(kind) $(tr -d ' \\n' | grep -o '\"status\":\"[a-z]*\"') >> \(journal)"),
                BundleConfiguration.hook("echo \(kind) second >> \(journal)"),
            ]
        }
        // The host's shell isn't in the container: the native guest is.
        hooks["startContainer"] = [["path": "/guest", "args": ["guest", "write", "/inside", "startContainer"]]]
        return .object(hooks)
    }

    @Test(arguments: Guest.allCases) func everyKindRunsInItsPlaceAndOrderWithTheStateOnItsInput(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") { $0.others["hooks"] = try hooks() }
        let journal = { Machine.lines(of: runtime.path("journal")) }
        let created = try container.create()
        try #require(created.code == 0, "\(created)")
        let afterCreate = ["prestart", "createRuntime", "createContainer"].flatMap {
            [#"\#($0) "status":"creating""#, "\($0) second"]
        }
        #expect(journal().map { $0.replacingOccurrences(of: "created", with: "creating") } == afterCreate)
        try #require(container("start").code == 0)
        #expect(created.of.wrote("ready"))
        #expect(Machine.text(of: "\(container.root)/inside") == "startContainer")
        #expect(Array(journal().dropFirst(6)) == [#"poststart "status":"running""#, "poststart second"])
        try #require(container("delete", "--force").code == 0)
        #expect(Array(journal().dropFirst(8)) == [#"poststop "status":"stopped""#, "poststop second"])
    }

    @Test(arguments: ["prestart", "createRuntime", "createContainer"])
    func aFailureBeforeTheStartEndsTheCreation(kind: String) throws {
        let container = try runtime.bundle(.wasm, "rest") {
            $0.others["hooks"] = .object([kind: [BundleConfiguration.hook("echo from the hook >&2; exit 3")]])
        }
        let outcome = try container.create()
        #expect(outcome.code != 0, "\(outcome)")
        #expect(outcome.error.contains("error running \(kind) hook #0: hooks.\(kind)[0] "), "\(outcome)")
        #expect(outcome.error.contains("exit status 3: from the hook"), "\(outcome)")
        #expect(try container("state").code != 0, "nothing is left")
        #expect(container.cgroups().isEmpty)
    }

    @Test func aFailureAfterTheStopIsNoError() throws {
        let container = try runtime.bundle(.wasm, "exit", "0") {
            $0.others["hooks"] = .object([
                "poststop": [
                    BundleConfiguration.hook("exit 3"), BundleConfiguration.hook("touch \(runtime.path("second"))"),
                ]
            ])
        }
        #expect(try container.run().code == 0)
        #expect(Machine.exists(runtime.path("second")), "the others run all the same")
    }

    /// Until 1.3 the specification had it a warning.
    @Test(arguments: [("1.0.2", true), ("1.2.1", true), ("1.3.0", false)], Guest.allCases)
    func whatAFailureAfterTheStartDoesIsAMatterOfTheVersion(
        version: (specification: String, goesOn: Bool), guest: Guest
    ) throws {
        let goesOn = version.goesOn
        let container = try runtime.bundle(guest, "rest") {
            $0.others["ociVersion"] = .string(version.specification)
            $0.others["hooks"] = .object([
                "poststart": [
                    BundleConfiguration.hook("exit 3"), BundleConfiguration.hook("touch \(runtime.path("second"))"),
                ]
            ])
        }
        #expect(try container.create().code == 0)
        let outcome = try container("start")
        #expect((outcome.code == 0) == goesOn, "\(outcome)")
        #expect(outcome.error.contains("hooks.poststart[0]"), "\(outcome)")
        #expect(Machine.exists(runtime.path("second")) == goesOn)
        #expect(try (container("state").code == 0) == goesOn)
    }

    /// The last hooks before the program: it doesn't begin, and the container has stopped.
    @Test(arguments: Guest.allCases, ["start", "run"])
    func aFailureInTheContainerEndsTheStart(guest: Guest, verb: String) throws {
        let container = try runtime.bundle(guest, "write", "/program", "ran") {
            $0.others["hooks"] = [
                "startContainer": [
                    ["path": "/guest", "args": ["guest", "write", "/first", "ran"]],
                    ["path": "/guest", "args": ["guest", "exit", "3"]],
                    ["path": "/guest", "args": ["guest", "write", "/third", "ran"]],
                ],
                "poststart": [BundleConfiguration.hook("touch \(runtime.path("poststart"))")],
                "poststop": [BundleConfiguration.hook("touch \(runtime.path("poststop"))")],
            ]
        }
        if verb == "start" { try #require(container.create().code == 0) }
        let outcome = try verb == "run" ? container.run() : container("start")
        #expect(outcome.code != 0 && outcome.error.contains("hooks.startContainer[1] "), "\(outcome)")
        #expect(outcome.error.contains("exit status 3"), "\(outcome)")
        if verb == "start" {
            #expect(try container.becomes("stopped"))
            #expect(try container("delete").code == 0)
        }
        #expect(try container("state").code != 0)
        #expect(Machine.text(of: "\(container.root)/first") == "ran")
        for name in ["third", "program"] { #expect(!Machine.exists("\(container.root)/\(name)")) }
        #expect(!Machine.exists(runtime.path("poststart")) && Machine.exists(runtime.path("poststop")))
    }

    @Test func hooksInTheContainerHaveItsRootAndItsEnvironment() throws {
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.environment = ["PATH=/bin", "ONE=two"]
            $0.others["hooks"] = [
                "createContainer": [BundleConfiguration.hook("pwd -P > made")],
                "startContainer": [["path": "/guest", "args": ["guest", "env"]]],
            ]
        }
        let outcome = try container.run()
        #expect(outcome.code == 0, "\(outcome)")
        #expect(Machine.text(of: "\(container.root)/made").hasPrefix("/"), "made in the root")
    }

    @Test func aHookThatTakesTooLongIsKilled() throws {
        let container = try runtime.bundle(.wasm, "exit", "0") {
            $0.others["hooks"] = [
                "createRuntime": [["path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1]]
            ]
        }
        let began = Date()
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("createRuntime"), "\(outcome)")
        #expect(Date().timeIntervalSince(began) < 10)
    }

    @Test func aStartWhoseHookNeverEndsIsEndedWithTheContainer() throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.others["hooks"] = ["poststart": [BundleConfiguration.hook("touch \(runtime.path("begun")); sleep 100")]]
        }
        try #require(container.create().code == 0)
        let start = try container.start("start")
        try #require(Machine.wait { Machine.exists(runtime.path("begun")) })
        let outcome = try container("delete", "--force")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(try start.wait().code != 0)
        #expect(try container("state").code != 0)
        #expect(container.cgroups().isEmpty)
    }

    /// The process of a hook that wrote its number into a file.
    private func process(in file: String) throws -> Int32 {
        try #require(Machine.wait { Machine.text(of: runtime.path(file)).hasSuffix("\n") })
        return try #require(Int32(Machine.text(of: runtime.path(file)).dropLast()))
    }

    @Test(arguments: ["prestart", "createRuntime", "createContainer"])
    func aHookEndsWithTheRuntimeThatIsKilled(kind: String) throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["mount"])
            $0.others["hooks"] = .object([
                kind: [BundleConfiguration.hook("echo $$ > \(runtime.path("hook")); exec sleep 1000")]
            ])
        }
        let create = try container.start("create", ["--bundle", container.bundle])
        let hook = try process(in: "hook")
        try Processes.kill(create.process, 9)
        #expect(Machine.wait { !Machine.exists("/proc/\(hook)") })
        #expect(try container("delete", "--force").code == 0)
        #expect(container.cgroups().isEmpty)
    }

    /// As runc does: the container is gone when its last hooks run, and what they clear away they clear away.
    @Test func aHookThatNeverEndsKeepsNoContainer() throws {
        let container = try runtime.bundle(.wasm, "rest") {
            $0.others["hooks"] = .object([
                "poststop": [
                    BundleConfiguration.hook(
                        "test -e \(runtime.path("hook")) || { echo $$ > \(runtime.path("hook")); exec sleep 1000; }")
                ]
            ])
        }
        _ = try container.launch()
        let deletion = try container.start("delete", ["--force"])
        let hook = try process(in: "hook")
        defer { try? Processes.kill(hook, 9) }
        let began = Date()
        #expect(try container("delete", "--force").code == 0)
        let other = try container("delete")
        #expect(other.code != 0 && other.error.contains("does not exist"), "\(other)")
        #expect(Date().timeIntervalSince(began) < 5)
        #expect(container.cgroups().isEmpty)
        // The id is free again.
        #expect(try container.create().code == 0)
        try Processes.kill(deletion.process, 9)
        #expect(Machine.exists("/proc/\(hook)"), "it goes on")
        try Processes.kill(hook, 9)
    }

    @Test func createContainerHooksSeeTheRootOfTheContainerMounted() throws {
        // In the container's mount namespace, before the root is changed: the host's shell works.
        let seen = runtime.path("seen")
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.others["hooks"] = [
                "createContainer": [BundleConfiguration.hook("readlink /proc/self/ns/mnt > \(seen)")],
                "createRuntime": [BundleConfiguration.hook("readlink /proc/self/ns/mnt > \(seen).host")],
            ]
        }
        #expect(try container.run().code == 0)
        #expect(!Machine.text(of: seen).isEmpty && Machine.text(of: seen) != Machine.text(of: "\(seen).host"))
    }

    /// THREATS: output without end (CVE-2025-64329).
    @Test func whatAHookSaysIsBounded() throws {
        for stream in [1, 2] {
            let container = try runtime.bundle(.wasm, "exit", "0") {
                $0.others["hooks"] = [
                    "createRuntime": [BundleConfiguration.hook("head -c 300000000 /dev/zero >&\(stream); exit 1")]
                ]
            }
            let outcome = try container.create()
            #expect(outcome.code != 0 && outcome.error.count < 100_000)
        }
    }

    /// A hook without an environment of its own has the runtime's.
    @Test func aHookMayRunMartletItself() throws {
        let inner = try runtime.bundle(.native, "exit", "7")
        let result = runtime.path("result")
        let state = runtime.path("inner-state")
        let script =
            "\(runtime.martlet) --root \(state) run -b \(inner.bundle) \(inner.id) >\(result) 2>&1 </dev/null; "
        let outer = try runtime.bundle(.native, "exit", "0") {
            $0.others["hooks"] = ["poststart": [BundleConfiguration.hook(script + "echo rc=$? >>\(result)")]]
        }
        #expect(try outer.run().code == 0)
        #expect(Machine.text(of: result) == "rc=7\n")
    }
}
