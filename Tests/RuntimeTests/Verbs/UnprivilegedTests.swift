import Foundation
import JSON
import SystemCalls
import Testing

/// What a user without privileges, groups and a part of the control groups gets. (`exec`: ExecTests.)
@Suite(
    "containers of an unprivileged user", .enabled(if: OtherUser.isPossible, "\(OtherUser.isMissing)"),
    .timeLimit(.minutes(3)))
struct UnprivilegedTests {
    let runtime: Runtime
    let user: OtherUser

    init() throws {
        runtime = try Runtime()
        user = try OtherUser(runtime)
    }

    @Test(arguments: Guest.allCases, [[], ["--rootless", "true"]])
    func aContainerGoesThroughItsLife(guest: Guest, options: [String]) throws {
        let container = try user.bundle(guest, "rest")
        let call = { (words: String...) in try user.martlet(options + words).wait() }
        let created = try call("create", "--bundle", container.bundle, container.id)
        guard OtherUser.mayMakeNamespaces(created) else { return }
        try #require(created.code == 0, "\(created)")
        #expect(try user.state(container).required("status").string() == "created")
        #expect(try call("start", container.id).code == 0)
        #expect(created.of.wrote("ready"))
        let process: Int32 = try user.state(container).required("pid").integer()
        let status = OtherProcess(process).status
        #expect(status["Uid"]?.hasPrefix("\(OtherUser.number)\t") == true, "\(status)")
        #expect(status["CapEff"] == "0000000000000000")
        #expect(try call("list", "-q").lines == [container.id])
        #expect(try call("delete", container.id).code != 0, "it runs")
        let executed = try call("exec", container.id, guest.path, "exit", "7")
        #expect(executed.code == 7, "\(executed)")
        #expect(try call("kill", container.id, "KILL").code == 0)
        #expect(try Machine.wait { try user.state(container).required("status").string() == "stopped" })
        let deleted = try call("delete", container.id)
        #expect(deleted.code == 0, "\(deleted)")
        #expect(try call("state", container.id).code != 0)
        #expect(Census(runtime, ids: [container.id]).mounts.isEmpty && container.cgroups().isEmpty)
    }

    @Test(arguments: Guest.allCases, [[], ["--rootless", "true"]])
    func itIsRunInTheForegroundAndInTheBackground(guest: Guest, options: [String]) throws {
        let container = try user.bundle(guest, "write", "/made", "text")
        let outcome = try user.martlet(options + ["run", "--bundle", container.bundle, container.id]).wait()
        guard OtherUser.mayMakeNamespaces(outcome) else { return }
        #expect(outcome.code == 0, "\(outcome)")
        #expect(try FileStatus.of("\(container.root)/made").owner == UInt32(OtherUser.number))
        let failing = try user.bundle(guest, "exit", "42")
        #expect(try user.martlet(options + ["run", "--bundle", failing.bundle, failing.id]).wait().code == 42)
        let resting = try user.bundle(guest, "rest")
        let started = try user.martlet(options + ["run", "--detach", "--bundle", resting.bundle, resting.id]).wait()
        #expect(started.code == 0 && started.of.wrote("ready"), "\(started)")
        #expect(try user("delete", "--force", resting.id).code == 0)
    }

    @Test func theSpecificationThatIsMadeForHimRuns() throws {
        let container = try user.bundle(.native, "exit", "5")
        try FileManager.default.removeItem(atPath: "\(container.bundle)/config.json")
        let made = try user("spec", "--rootless", "--bundle", container.bundle)
        try #require(made.code == 0, "\(made)")
        let file = URL(fileURLWithPath: "\(container.bundle)/config.json")
        guard case .object(var whole) = try JSONValue(reading: Array(Data(contentsOf: file))),
            case .object(var process)? = whole["process"]
        else { throw Running.TookTooLong(description: "no configuration") }
        process["args"] = ["/guest", "exit", "5"]
        process["terminal"] = false
        whole["process"] = .object(process)
        try Data(JSONValue.object(whole).text(.pretty).utf8).write(to: file)
        let outcome = try user("run", "--bundle", container.bundle, container.id)
        guard OtherUser.mayMakeNamespaces(outcome) else { return }
        #expect(outcome.code == 5, "\(outcome)")
    }

    /// Nothing of these goes without control groups, and nobody is told that it did.
    @Test(arguments: Guest.allCases) func whatNeedsControlGroupsIsRefused(guest: Guest) throws {
        let limited = try user.bundle(guest, "exit", "0") { $0.linux["resources"] = ["pids": ["limit": 40]] }
        let refused = try user("create", "--bundle", limited.bundle, limited.id)
        guard OtherUser.mayMakeNamespaces(refused) else { return }
        #expect(refused.code != 0 && refused.error.contains("linux.resources.pids.limit"), "\(refused)")
        #expect(try user("state", limited.id).code != 0, "nothing is left")
        let placed = try user.bundle(guest, "exit", "0") { $0.linux["cgroupsPath"] = "/mr-of-a-user" }
        let unplaced = try user("create", "--bundle", placed.bundle, placed.id)
        #expect(unplaced.code != 0 && unplaced.error.contains("linux.cgroupsPath"), "\(unplaced)")
        let container = try user.bundle(guest, "rest")
        let created = try user("create", "--bundle", container.bundle, container.id)
        try #require(created.code == 0, "\(created)")
        #expect(try user("start", container.id).code == 0)
        for words in [["pause"], ["resume"], ["update", "--pids-limit", "30"], ["events", "--stats"]] {
            let outcome = try user.martlet(words + [container.id]).wait()
            #expect(outcome.code != 0 && outcome.error.contains("no control group"), "\(outcome)")
        }
        #expect(try user("delete", "--force", container.id).code == 0)
    }

    /// Of version 1; of version 2 with a systemd of the user's own: RootlessScopeTests.
    @Test(.enabled(if: DelegatedGroup.isPossible, "\(DelegatedGroup.isMissing)"), arguments: Guest.allCases)
    func groupsThatAreHisKeepTheLimits(guest: Guest) throws {
        let part = try DelegatedGroup(runtime)
        defer { part.remove() }
        let container = try user.bundle(guest, guest == .native ? "fork" : "rest") {
            $0.linux["resources"] = ["pids": ["limit": 40]]
        }
        let call = { (words: String...) in
            try user.start(part.entering + [runtime.martlet, "--root", user.root] + words).wait()
        }
        let created = try call("create", "--bundle", container.bundle, container.id)
        guard OtherUser.mayMakeNamespaces(created) else { return }
        try #require(created.code == 0, "\(created)")
        #expect(try call("start", container.id).code == 0)
        #expect(created.of.wrote("ready"))
        let group = "\(part.directory("pids"))/martlet/\(container.id)"
        #expect(Machine.text(of: "\(group)/pids.max") == "40\n")
        if guest == .native { #expect(created.of.wrote("39\n"), "\(created)") }
        #expect(try call("pause", container.id).code == 0)
        #expect(try user.state(container).required("status").string() == "paused")
        #expect(try call("resume", container.id).code == 0)
        #expect(try call("update", "--pids-limit", "50", container.id).code == 0)
        #expect(Machine.text(of: "\(group)/pids.max") == "50\n")
        let deleted = try call("delete", "--force", container.id)
        #expect(deleted.code == 0 && container.cgroups().isEmpty, "\(deleted)")
    }

    /// A guest's memory is bounded by the engine where no group does it; nothing else is.
    @Test func withControlGroupsDisabledTheMemoryOfAGuestIsTheOnlyLimit() throws {
        let text = #"""
            (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1)
              (func (export "_start") (call $exit (i32.eq (memory.grow (i32.const 1600)) (i32.const -1)))))
            """#
        for (limit, code) in [(0x400_0000, Int32(1)), (0x1000_0000, 0)] as [(UInt64, Int32)] {
            let container = try user.bundle(.wasm) {
                $0.arguments = ["/grow.wat"]
                $0.linux["resources"] = ["memory": ["limit": .unsigned(limit), "swap": .unsigned(limit)]]
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(container.root)/grow.wat"))
            let outcome = try user(
                "--cgroup-manager", "disabled", "run", "--bundle", container.bundle, container.id)
            guard OtherUser.mayMakeNamespaces(outcome) else { return }
            #expect(outcome.code == code && outcome.error.isEmpty, "\(outcome)")
        }
        let limits: [(String, Guest, JSONValue)] = [
            ("memory.limit", .native, ["memory": ["limit": 0x400_0000]]),
            ("pids.limit", .native, ["pids": ["limit": 40]]),
            ("pids.limit", .wasm, ["memory": ["limit": 0x400_0000], "pids": ["limit": 40]]),
            ("cpu.quota", .wasm, ["cpu": ["quota": 50000]]),
        ]
        for (field, guest, resources) in limits {
            let container = try user.bundle(guest, "exit", "0") { $0.linux["resources"] = resources }
            let outcome = try user(
                "--cgroup-manager", "disabled", "run", "--bundle", container.bundle, container.id)
            #expect(outcome.code != 0 && outcome.error.contains("linux.resources.\(field): "), "\(outcome)")
        }
    }

    @Test func whatOnlyRootMayIsRefusedByItsField() throws {
        let cases: [(String, (inout BundleConfiguration) -> Void)] = [
            ("linux.uidMappings", { $0.linux["uidMappings"] = OtherUser.mapping(to: 0) }),
            ("linux.gidMappings", { $0.linux["gidMappings"] = OtherUser.mapping(to: 0) }),
            ("linux.namespaces", { $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount"]) }),
            ("process.user", { $0.process["user"] = ["uid": 5, "gid": 0] }),
            (
                "process.rlimits",
                { $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 8, "hard": 536_870_912]] }
            ),
        ]
        for (field, change) in cases {
            let container = try user.bundle(.native, "exit", "0") {
                change(&$0)
                guard field == "linux.namespaces" else { return }
                $0.linux["uidMappings"] = []
                $0.linux["gidMappings"] = []
            }
            let outcome = try user("run", "--bundle", container.bundle, container.id)
            #expect(outcome.code != 0 && outcome.error.contains(field), "\(field): \(outcome)")
            #expect(try user("state", container.id).code != 0, "nothing is left")
        }
        // As runc: podman asks it for everybody.
        let container = try user.bundle(.native, "exit", "6") { $0.process["oomScoreAdj"] = -500 }
        let outcome = try user("run", "--bundle", container.bundle, container.id)
        #expect(outcome.code == 6 && outcome.error.contains("warning: process.oomScoreAdj: -500"), "\(outcome)")
    }
}
