import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "What process and linux ask of one process", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct ProcessTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// The fields of `/proc/self/status` as a native guest sees them.
    private func status(_ change: (inout BundleConfiguration) throws -> Void) throws -> [String: String] {
        let outcome = try runtime.bundle(.native, "read", "/proc/self/status", change: change).run()
        #expect(outcome.code == 0, "\(outcome)")
        let pairs = outcome.lines.compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test func aNativeProgramHasTheCapabilitiesOfTheConfiguration() throws {
        let none = try status { _ in }
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] { #expect(none[set] == "0000000000000000") }
        let some = try status {
            let wanted: JSONValue = ["CAP_KILL", "CAP_CHOWN"]
            $0.process["capabilities"] = ["bounding": wanted, "effective": wanted, "permitted": wanted]
            $0.process["noNewPrivileges"] = true
        }
        for set in ["CapPrm", "CapEff", "CapBnd"] { #expect(some[set] == "0000000000000021") }
        #expect(some["CapInh"] == "0000000000000000" && some["CapAmb"] == "0000000000000000")
        #expect(some["NoNewPrivs"] == "1" && none["NoNewPrivs"] == "0")
    }

    @Test func identityGroupsAndMaskAreSet() throws {
        let outcome = try runtime.bundle(.native, "identity") {
            $0.process["user"] = ["uid": 1000, "gid": 1001, "additionalGids": [5, 6], "umask": 63]
        }.run()
        #expect(outcome.output == "1000 1001 077 5 6\n", "\(outcome)")
    }

    @Test(arguments: Guest.allCases) func filesAreMadeAsTheUser(guest: Guest) throws {
        let shared = try runtime.directory("shared")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: shared)
        let outcome = try runtime.bundle(guest, "write", "/data/made", "x") {
            $0.process["user"] = ["uid": 1000, "gid": 1001]
            $0.mounts.append(BundleConfiguration.bind(shared, "/data"))
        }.run()
        #expect(outcome.code == 0, "\(outcome)")
        let made = try FileStatus.of("\(shared)/made")
        #expect(made.owner == 1000 && made.group == 1001)
    }

    @Test func limitsAndScoreAreSet() throws {
        let limits = try runtime.bundle(.native, "read", "/proc/self/limits") {
            $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 200]]
        }.run()
        #expect(
            limits.lines.contains { $0.hasPrefix("Max open files") && $0.contains(" 100 ") && $0.contains(" 200 ") })
        let score = try runtime.bundle(.native, "read", "/proc/self/oom_score_adj") { $0.process["oomScoreAdj"] = 500 }
            .run()
        #expect(score.output == "500\n", "\(score)")
    }

    @Test func aFilterForSystemCallsWorksInBothKinds() throws {
        let filter: JSONValue = [
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [["names": ["mkdir", "mkdirat", "sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99]],
        ]
        let native = try status { $0.linux["seccomp"] = filter }
        #expect(native["Seccomp"] == "2")
        #expect(try runtime.bundle(.wasm, "exit", "3") { $0.linux["seccomp"] = filter }.run().code == 3)
        let unknown = try runtime.bundle(.native, "exit", "0") {
            $0.linux["seccomp"] = ["defaultAction": "SCMP_ACT_NONSENSE"]
        }
        let refused = try unknown.create()
        #expect(refused.code != 0 && refused.error.contains("linux.seccomp"), "\(refused)")
    }

    @Test func namesAreSetInNamespacesOfTheirOwn() throws {
        let outcome = try runtime.bundle(.native, "hostname") { $0.others["hostname"] = "inside" }.run()
        #expect(outcome.output == "inside\n", "\(outcome)")
        let domain = try runtime.bundle(.native, "read", "/proc/sys/kernel/domainname") {
            $0.others["domainname"] = "example.org"
        }.run()
        #expect(domain.output == "example.org\n", "\(domain)")
        let sysctl = try runtime.bundle(.native, "read", "/proc/sys/net/ipv4/ip_forward") {
            $0.linux["sysctl"] = ["net.ipv4.ip_forward": "1"]
        }.run()
        #expect(sysctl.output == "1\n", "\(sysctl)")
    }

    @Test func aUserNamespaceMapsTheIdentities() throws {
        let container = try runtime.bundle(.native, "read", "/proc/self/uid_map") {
            $0.useOwnUserNamespace()
        }
        try container.giveFilesAway()
        let outcome = try container.run()
        #expect(outcome.output.split(separator: " ").joined(separator: " ") == "0 100000 1000\n", "\(outcome)")
    }

    @Test func aTerminalComesOverTheConsoleSocket() throws {
        for guest in Guest.allCases {
            let container = try runtime.bundle(guest, "tty") { $0.process["terminal"] = true }
            let socket = runtime.path("console-\(guest)")
            let receiver = try Running.start(
                [Guest.built.get().appendingPathComponent("console").path, socket, "typed"], in: runtime.folder)
            #expect(Machine.wait { Machine.exists(socket) })
            let created = try container.create("--console-socket", socket)
            #expect(created.code == 0, "\(created)")
            #expect(receiver.wrote("received"))
            #expect(try container("start").code == 0)
            #expect(receiver.wrote("1 1 1"), "\(receiver.output)")
            #expect(receiver.output.contains("typed"), "a terminal repeats what is typed")
            _ = try container("delete", "--force")
            _ = try receiver.wait()
        }
    }

    @Test func aTerminalWithoutASocketIsRefused() throws {
        let container = try runtime.bundle(.native, "tty") { $0.process["terminal"] = true }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("console"), "\(outcome)")
        let plain = try runtime.bundle(.native, "tty")
        #expect(try plain.create("--console-socket", runtime.path("nobody")).code != 0)
    }

    @Test func descriptorsArePreservedOnlyWhenAsked() throws {
        let container = try runtime.bundle(.native, "descriptors")
        let command = { (options: String) in
            "exec 3</etc/hostname 4</etc/hostname 7</ 8<.; "
                + "exec \(runtime.martlet) --root \(runtime.stateDirectory) run --bundle \(container.bundle) \(options) \(container.id)"
        }
        let none = try runtime.other("/bin/sh", "-c", command(""))
        #expect(Set(none.lines.compactMap { $0.split(separator: " ").first }) == ["0", "1", "2"], "\(none)")
        let two = try runtime.other("/bin/sh", "-c", command("--preserve-fds 2"))
        #expect(Set(two.lines.compactMap { $0.split(separator: " ").first }) == ["0", "1", "2", "3", "4"], "\(two)")
    }

    /// runc starts with 8.
    @Test(arguments: Guest.allCases) func fewDescriptorsAreEnoughToBeStarted(guest: Guest) throws {
        for count: JSONValue in [5, 8] {
            let container = try runtime.bundle(guest, "exit", "0") {
                $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": count, "hard": count]]
            }
            #expect(try container.create().code == 0)
            let started = try container("start")
            #expect(started.code == 0, "\(started)")
        }
        let limits = try runtime.bundle(.native, "read", "/proc/self/limits") {
            $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 8, "hard": 9]]
        }.run()
        let line = limits.lines.first { $0.hasPrefix("Max open files") }
        #expect(line?.split(separator: " ").dropFirst(3).prefix(2) == ["8", "9"], "\(limits)")
    }

    @Test func aLimitThatLeavesAGuestNoRoomIsNamed() throws {
        let outcome = try runtime.bundle(.wasm, "exit", "0") {
            $0.process["rlimits"] = [["type": "RLIMIT_AS", "soft": 0x1000_0000, "hard": 0x1000_0000]]
        }.run()
        #expect(outcome.code != 0 && outcome.error.contains("process.rlimits: RLIMIT_AS"), "\(outcome)")
        #expect(!outcome.error.contains("?") && !outcome.error.contains("Caused by"), "\(outcome)")
    }

    /// As in the default specification of runc, where nothing is inheritable.
    @Test func anAmbientCapabilityThatIsNotInheritableIsNoWarning() throws {
        let outcome = try runtime.bundle(.native, "exit", "0") {
            let wanted: JSONValue = ["CAP_KILL", "CAP_NET_BIND_SERVICE"]
            $0.process["capabilities"] = [
                "bounding": wanted, "effective": wanted, "permitted": wanted, "ambient": wanted,
            ]
        }.run()
        #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome)")
    }

    /// `update` changes the group's limit, so that nothing else may be one.
    @Test(.enabled(if: Machine.has(controller: "memory"), "no memory controller here"))
    func aGuestGrowsAsFarAsItsGroupWasUpdated() throws {
        let container = try runtime.bundle(.wasm) {
            $0.arguments = ["/grow.wat"]
            $0.linux["resources"] = ["memory": ["limit": 0x400_0000]]
        }
        let text = #"""
            (module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\10\00\00\00\05\00\00\00") (data (i32.const 16) "grown")
              (func (export "_start")
                (if (i32.ne (memory.grow (i32.const 1600)) (i32.const -1))
                  (then (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))))
            """#
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(container.root)/grow.wat"))
        let created = try container.create()
        #expect(created.code == 0)
        let updated = try container("update", "--memory", "512m", "--memory-swap", "512m")
        try #require(updated.code == 0, "\(updated)")
        #expect(try container("start").code == 0)
        #expect(created.of.wrote("grown"), "\(created)")
    }
}
