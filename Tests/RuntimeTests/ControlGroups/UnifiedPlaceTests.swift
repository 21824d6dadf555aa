import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "where a container stands in version 2",
    .enabled(if: UnifiedGroup.has("memory", "pids"), "\(UnifiedGroup.isMissing)"), .timeLimit(.minutes(5)))
struct UnifiedPlaceTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    private static let mount: JSONValue = [
        "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
        "options": ["nosuid", "noexec", "nodev", "relatime"],
    ]

    @Test(arguments: Guest.allCases) func anAbsolutePathIsTaken(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") {
            $0.linux["cgroupsPath"] = "/mr-test/deep/here"
            $0.linux["resources"] = ["pids": ["limit": 20]]
        }
        _ = try container.launch()
        let group = try container.group()
        #expect(group.path == "/mr-test/deep/here" && group("pids.max") == "20")
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.exists(group.directory))
        for above in ["/mr-test/deep", "/mr-test"] { try Files.removeDirectory(UnifiedGroup(path: above).directory) }
    }

    @Test func aContainerWithItsOwnViewRulesItsOwnGroup() throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.mounts.append(Self.mount)
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "cgroup", "ipc", "uts"])
            $0.linux["resources"] = ["memory": ["limit": 67_108_864]]
        }
        try FileManager.default.createDirectory(
            atPath: "\(container.root)/sys/fs/cgroup", withIntermediateDirectories: true)
        _ = try container.launch()
        let own = try container("exec", then: ["/guest", "read", "/proc/self/cgroup"])
        #expect(own.output == "0::/\n", "\(own)")
        let limit = try container("exec", then: ["/guest", "read", "/sys/fs/cgroup/memory.max"])
        #expect(limit.output == "67108864\n", "\(limit)")
        // nsdelegate: the limit of the group that is its root belongs to whoever stands outside.
        let raised = try container("exec", then: ["/guest", "write", "/sys/fs/cgroup/memory.max", "max"])
        #expect(raised.code != 0, "\(raised)")
    }

    /// config-linux.md, "Cgroup ownership".
    @Test(arguments: [("rw", true), ("ro", false)])
    func aGroupThatIsSeenWritableBelongsToTheContainersUser(option: String, isGiven: Bool) throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.useOwnUserNamespace()
            $0.mounts.append([
                "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                "options": ["nosuid", "noexec", "nodev", .string(option)],
            ])
            $0.linux["namespaces"] = BundleConfiguration.namespaces(
                ["pid", "mount", "cgroup", "ipc", "uts", "user", "network"])
            $0.process["user"] = ["uid": 5, "gid": 5]
        }
        try FileManager.default.createDirectory(
            atPath: "\(container.root)/sys/fs/cgroup", withIntermediateDirectories: true)
        try container.giveFilesAway()
        _ = try container.launch()
        let group = try container.group()
        func owner(_ name: String) throws -> UInt32 { try FileStatus.of(group.directory + name).owner }
        for name in ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"] {
            #expect(try owner(name) == (isGiven ? 100_005 : 0), "\(name)")
        }
        #expect(try owner("/memory.max") == 0 && owner("/cgroup.max.depth") == 0)
        // Into the group where it is already: what counts is who may write.
        let moved = try container("exec", then: ["/guest", "write", "/sys/fs/cgroup/cgroup.procs", "0"])
        #expect((moved.code == 0) == isGiven, "\(moved)")
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.exists(group.directory))
    }

    @Test func groupsThatAContainerMadeGoWithIt() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let group = try container.group()
        try FileManager.default.createDirectory(atPath: group.directory + "/a/b", withIntermediateDirectories: true)
        let process = try container.start("exec", then: ["/guest", "rest"])
        #expect(process.wrote("ready"))
        let numbers = group("cgroup.procs").split(separator: "\n")
        try Data("\(numbers.last ?? "")".utf8).write(to: URL(fileURLWithPath: group.directory + "/a/b/cgroup.procs"))
        let processes = try container("ps")
        #expect(processes.lines.count >= 3, "\(processes)")
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.exists(group.directory))
        #expect(try process.wait().code == 137)
    }
}
