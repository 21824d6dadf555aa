import Foundation
import JSON
import SystemCalls
import Testing

@Suite("exec", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct ExecTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// Keys of the container are those of what is executed in it, and no further keyring is taken from the user's quota.
    @Test func whatIsExecutedHasTheContainersKeyring() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let rings = { Machine.lines(of: "/proc/keys").count { $0.contains("_ses.\(container.id)") } }
        let before = rings()
        guard before > 0 else { return Machine.skip("no keyrings here") }
        let running = try container.start("exec", then: [Guest.native.path, "rest"])
        #expect(running.wrote("ready") && rings() == before)
        #expect(try container("delete", "--force").code == 0)
    }

    @Test(arguments: Guest.allCases, Guest.allCases)
    func aSecondProgramRunsInTheSameRoot(container kind: Guest, program: Guest) throws {
        let container = try runtime.bundle(kind, "rest")
        if kind == .native {
            try FileManager.default.copyItem(atPath: Guest.wasm.file().path, toPath: container.root + Guest.wasm.path)
        }
        _ = try container.launch()
        let outcome = try container("exec", then: [program.path, "args", "from", "exec"])
        #expect(outcome.code == 0 && outcome.output == "from\nexec\n", "\(outcome)")
        #expect(try container("exec", then: [program.path, "exit", "7"]).code == 7)
        #expect(try container("exec", then: [program.path, "write", "/tmp/made", "text"]).code == 0)
        #expect(Machine.text(of: "\(container.root)/tmp/made") == "text")
        #expect(try container.status() == "running")
    }

    /// A guest's process is still the runtime's program, which an unprivileged user may not look into as a rule.
    @Test(.enabled(if: OtherUser.isPossible, "\(OtherUser.isMissing)"), arguments: Guest.allCases)
    func aUserWithoutPrivilegesEntersHisOwnContainers(guest: Guest) throws {
        let user = try OtherUser(runtime)
        let container = try user.bundle(guest, "rest")
        let created = try user("create", "--bundle", container.bundle, container.id)
        guard OtherUser.mayMakeNamespaces(created) else { return }
        try #require(created.code == 0, "\(created)")
        #expect(try user("start", container.id).code == 0)
        #expect(created.of.wrote("ready"))
        for program in ["/guest", Guest.wasm.path] {
            let outcome = try user("exec", container.id, program, "args", "from", "exec")
            #expect(outcome.code == 0 && outcome.output == "from\nexec\n", "\(program): \(outcome)")
            #expect(try user("exec", container.id, program, "exit", "7").code == 7)
        }
        let process: Int32 = try user.state(container).required("pid").integer()
        if guest == .wasm {
            let limit = Machine.lines(of: "/proc/\(process)/limits").first { $0.hasPrefix("Max core file size") }
            #expect(limit?.split(separator: " ")[4...5] == ["0", "0"], "no core dump of a guest")
        }
        // Others may look into it no more than before.
        let other = try user.start(["/usr/bin/readlink", "/proc/\(process)/exe"], as: OtherUser.number + 1).wait()
        #expect(other.code != 0, "\(other)")
        #expect(try user("delete", "--force", container.id).code == 0)
    }

    /// Standard error is the program's, for whoever named a log.
    @Test(arguments: [false, true]) func warningsGoToTheLogWhenThereIsOne(hasLog: Bool) throws {
        let log = runtime.path("log")
        let runtime = try Runtime(options: hasLog ? ["--log", log] : [])
        let container = try runtime.bundle(.wasm, "rest") {
            $0.process["capabilities"] = ["bounding": ["CAP_SYS_PTRACE"]]
        }
        _ = try container.launch()
        let outcome = try container("exec", then: ["/guest", "args", "x"])
        #expect(outcome.code == 0 && outcome.output == "x\n", "\(outcome)")
        let words = "CAP_SYS_PTRACE isn't given"
        #expect(outcome.error.contains("warning: process.capabilities: \(words)") == !hasLog, "\(outcome)")
        #expect(outcome.error.isEmpty == hasLog, "\(outcome)")
        #expect(Machine.text(of: log).contains(words) == hasLog)
        // An error is told in both places.
        let failed = try container("exec", then: ["/missing"])
        #expect(failed.code != 0 && failed.error.contains("/missing"), "\(failed)")
        #expect(Machine.text(of: log).contains("level=error") == hasLog)
    }

    @Test func aNativeProgramSharesTheNamespacesOfTheContainer() throws {
        let container = try runtime.bundle(.native, "rest") { $0.others["hostname"] = "inside" }
        _ = try container.launch()
        #expect(try container("exec", then: ["/guest", "hostname"]).output == "inside\n")
        let first = Machine.text(of: "/proc/\(try container.process())/cgroup")
        let own = try container("exec", then: ["/guest", "read", "/proc/self/cgroup"])
        #expect(own.output == first, "\(own)")
        #expect(try container("exec", then: ["/guest", "read", "/proc/1/comm"]).output == "guest\n")
    }

    @Test(arguments: [false, true]) func aNativeProgramBesideAGuestFindsWhatTheGuestIsNotShown(isReadOnly: Bool) throws
    {
        let container = try runtime.bundle(.wasm, "rest") {
            $0.isRootReadOnly = isReadOnly
            $0.linux["maskedPaths"] = ["/proc/keys"]
            $0.linux["readonlyPaths"] = ["/proc/sys"]
        }
        if isReadOnly { try FileManager.default.removeItem(atPath: "\(container.root)/proc") }
        _ = try container.launch()
        let run = { (words: [String]) in try container("exec", then: ["/guest"] + words) }
        #expect(try run(["read", "/proc/1/comm"]).output == "guest.wasm\n")
        #expect(try run(["read", "/proc/1/cmdline"]).output.hasPrefix("/guest.wasm\0rest\0\0"))
        #expect(try run(["list", "/dev"]).lines.contains("null"))
        #expect(try run(["write", "/dev/null", "x"]).code == 0)
        #expect(try run(["read", "/proc/keys"]).output.isEmpty)
        #expect(try run(["write", "/proc/sys/kernel/domainname", "x"]).code != 0)
        #expect(try run(["write", "/made", "x"]).code == (isReadOnly ? 30 : 0))
        // The guest is shown nothing of it, neither the first nor another.
        for directory in ["/proc", "/dev"] {
            let seen = try container("exec", then: ["/guest.wasm", "list", directory])
            #expect(seen.output.isEmpty, "\(directory): \(seen)")
        }
        #expect(Machine.lines(of: "/proc/\(try container.process())/mountinfo").allSatisfy { !$0.contains(" proc ") })
        #expect(try container("delete", "--force").code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(container.root)/dev").isEmpty)
    }

    @Test func aNativeProgramBesideAGuestDoesNotReachTheProgramOfTheGuestsProcess() throws {
        let container = try runtime.bundle(.wasm, "rest") {
            let all = BundleConfiguration.strings(["CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_KILL"])
            $0.process["capabilities"] = ["bounding": all, "effective": all, "permitted": all]
        }
        _ = try container.launch()
        let outcome = try container("exec", then: ["/guest", "read", "/proc/1/exe"])
        #expect(outcome.code == 13 && outcome.output.isEmpty && outcome.error.contains("CAP_SYS_PTRACE"), "\(outcome)")
        let status = try container("exec", "--cap", "CAP_SYS_PTRACE", then: ["/guest", "read", "/proc/self/status"])
        #expect(status.lines.contains("CapBnd:\t0000000000200020"), "\(status)")
    }

    @Test func optionsChangeTheProcess() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        #expect(try container("exec", "--cwd", "/tmp", then: ["/guest", "cwd"]).output == "/tmp\n")
        let seen = try container("exec", "--env", "A=1", "-e", "B=2", then: ["/guest", "env"])
        #expect(Set(seen.lines).isSuperset(of: ["A=1", "B=2"]), "\(seen)")
        #expect(try container("exec", "--user", "12:34", then: ["/guest", "identity"]).output.hasPrefix("12 34 "))
        let described = try runtime.file(
            "process.json",
            """
            {"args": ["/guest", "env"], "env": ["ONLY=this"], "cwd": "/", "user": {"uid": 5, "gid": 6}}
            """)
        let outcome = try container("exec", "--process", described)
        #expect(Set(outcome.lines).subtracting(["HOME=/", "HOME=/root"]) == ["ONLY=this"], "\(outcome)")
    }

    @Test func theProcessMayComeFromAPipe() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let process = #"{"args":["/guest","env"],"cwd":"/","env":["FROM=pipe"],"user":{"uid":0,"gid":0}}"#
        let martlet = ([runtime.martlet] + runtime.options).joined(separator: " ")
        let outcome = try runtime.other(
            "/bin/sh", "-c", "echo '\(process)' | \(martlet) exec --process /dev/stdin \(container.id)")
        #expect(outcome.code == 0 && outcome.output.contains("FROM=pipe"), "\(outcome)")
    }

    @Test func aDetachedProcessIsNamedInItsPidFile() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let file = runtime.path("pid")
        #expect(try container("exec", "--detach", "--pid-file", file, then: ["/guest", "rest"]).code == 0)
        let process = try #require(Int32(Machine.text(of: file)))
        #expect(Machine.wait { Machine.text(of: "/proc/\(process)/cmdline").hasPrefix("/guest") })
        let listed = try container("ps", "--format", "json")
        #expect(listed.output.contains(String(process)), "\(listed)")
        #expect(try container("ps").output.contains("/guest"))
        #expect(try container("delete", "--force").code == 0)
        #expect(Machine.wait { !Machine.exists("/proc/\(process)") }, "what was added goes with the container")
    }

    @Test func nothingIsExecutedWhereNothingRuns() throws {
        let container = try runtime.bundle(.native, "rest")
        #expect(try container("exec", then: ["/guest"]).code != 0)
        _ = try container.create()
        try #require(container("kill", then: ["KILL"]).code == 0)
        #expect(try container.becomes("stopped"))
        let outcome = try container("exec", then: ["/guest", "env"])
        #expect(outcome.code != 0 && outcome.output.isEmpty, "\(outcome)")
    }

    /// As systemd does with the group that it gets.
    @Test func aGroupThatTheContainerDividedIsntEntered() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let process = try container.process()
        let path = Machine.lines(of: "/proc/\(process)/cgroup").first { $0.hasPrefix("0::/") }?.dropFirst(3)
        guard let path, let tree = Machine.unifiedHierarchy, path.contains(container.id) else {
            return Machine.skip("\(#function): no tree of version 2")
        }
        let group = "\(tree)\(path)"
        // Each gives the next what it has from the one above.
        var above = tree
        for name in path.split(separator: "/") {
            try? Machine.write("+\(Self.divided)", to: "\(above)/cgroup.subtree_control")
            above += "/\(name)"
        }
        guard Machine.text(of: "\(group)/cgroup.controllers").contains(Self.divided) else {
            return Machine.skip("\(#function): version 2 has no controller \(Self.divided)")
        }
        try FileManager.default.createDirectory(atPath: "\(group)/inner", withIntermediateDirectories: false)
        try Machine.write("\(process)", to: "\(group)/inner/cgroup.procs")
        try Machine.write("+\(Self.divided)", to: "\(group)/cgroup.subtree_control")
        let outcome = try container("exec", then: ["/guest", "read", "/proc/self/cgroup"])
        #expect(outcome.code == 0 && outcome.lines.contains("0::\(path)/inner"), "\(outcome)")
        #expect(try container("delete", "--force").code == 0)
        #expect(container.cgroups().isEmpty)
    }

    private static let divided = Machine.isUnified ? "pids" : "hugetlb"

    @Test func theRuntimesOwnUserNamespaceIsntJoinedAgain() throws {
        let container = try runtime.bundle(.native, "rest") {
            guard case .array(let kinds)? = $0.linux["namespaces"] else { return }
            $0.linux["namespaces"] = .array(kinds + [["type": "user", "path": "/proc/self/ns/user"]])
        }
        _ = try container.launch()
        let outcome = try container("exec", then: ["/guest", "args", "inside"])
        #expect(outcome.code == 0 && outcome.output == "inside\n", "\(outcome)")
    }

    @Test func aProgramThatIsMissingIsSaid() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let outcome = try container("exec", then: ["/absent"])
        #expect(outcome.code != 0 && outcome.error.contains("/absent"), "\(outcome)")
        #expect(try container.status() == "running")
    }

    /// Who may look into other processes sees what the guest was given, and not the tokens of who called the runtime.
    @Test func nothingOfTheCallersEnvironmentIsLeftInAGuestsProcess() throws {
        let container = try runtime.bundle(.wasm, "rest")
        _ = try container.launch()
        let capabilities = ["--cap", "CAP_SYS_ADMIN", "--cap", "CAP_PERFMON"]
        let words = ["exec"] + capabilities + [container.id, "/guest", "read", "/proc/1/environ"]
        let outcome = try runtime.start(words).wait()
        #expect(!outcome.output.contains("="), "\(outcome)")
    }
}
