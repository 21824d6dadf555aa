import ProbeRunner
import SystemCalls
import Testing

@testable import Sandbox

@Suite struct CgroupTests {
    private static let hybrid = """
        24 1 0:21 / /sys rw - sysfs sysfs rw
        30 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
        32 24 0:28 /inner /mnt rw - cgroup cgroup rw,memory
        33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
        """

    @Test func controllersOfVersion1AreFoundWhereTheyAreMounted() {
        let hierarchy = CgroupHierarchy(
            mountTable: Self.hybrid, membership: "4:memory:/own/group\n1:cpu,cpuacct:/\n0::/user\n",
            unifiedControllers: { _ in "hugetlb\n" })
        #expect(hierarchy.places[.memory]?.mountPoint == "/sys/fs/cgroup/memory")
        #expect(hierarchy.places[.memory]?.ownGroup == "/own/group")
        #expect(hierarchy.places[.cpu]?.unified == false)
    }

    @Test func controllersOfVersion2AreThoseThatItsRootHas() {
        let hierarchy = CgroupHierarchy(
            mountTable: "33 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", membership: "0::/user.slice/x\n",
            unifiedControllers: { _ in "cpuset cpu io memory pids\n" })
        #expect(hierarchy.places[.cpu] == hierarchy.places[.memory])
        #expect(hierarchy.places[.memory]?.unified == true)
        #expect(hierarchy.places[.memory]?.ownGroup == "/user.slice/x")
    }

    @Test func aLimitWithoutItsControllerSaysWhichOption() {
        let hierarchy = CgroupHierarchy(mountTable: "", membership: "", unifiedControllers: { _ in "" })
        #expect(throws: CgroupError.noController("memory", option: "--memory")) {
            try Cgroup.create(name: "x", limits: CgroupLimits(memory: 1 << 26), in: hierarchy)
        }
    }

    @Test func aGroupThatCannotBeLimitedIsRemovedAgain() throws {
        // An ordinary directory: groups can be made in it, but they have no files to set.
        let directory = try TemporaryDirectory()
        try directory.write("cgroup.subtree_control", "")
        try directory.write("martlet/cgroup.subtree_control", "")
        let hierarchy = CgroupHierarchy(
            mountTable: "33 24 0:29 / \(directory.path) rw - cgroup2 cgroup2 rw\n", membership: "0::/\n",
            unifiedControllers: { _ in "cpu memory" })
        #expect(throws: CgroupError.self) {
            try Cgroup.create(name: "x", limits: CgroupLimits(memory: 1 << 26, milliCPUs: 100), in: hierarchy)
        }
        #expect(!directory.exists("martlet/x"))
    }

    @Test func aGroupOfVersion2GetsItsLimits() throws {
        let directory = try TemporaryDirectory()
        try directory.write("memory.max", "")
        try directory.write("cpu.max", "")
        let group = Cgroup.Directory(unified: true, path: directory.path)
        let limits = CgroupLimits(memory: 64 << 20, milliCPUs: 1500)
        try CgroupSettings(.memory, limits)?.apply(to: group)
        try CgroupSettings(.cpu, limits)?.apply(to: group)
        #expect(try directory.read("memory.max") == "67108864")
        #expect(try directory.read("cpu.max") == "150000 100000")
        try directory.write("memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
        #expect(Cgroup(directories: [group]).outOfMemoryKills == 2)
    }

    @Test(.enabled(if: Machine.isRoot))
    func aGroupIsMadeLimitedAndRemovedHere() throws {
        guard let place = try CgroupHierarchy.current().places[.memory] else { return }
        let group = try Cgroup.create(name: "test-\(Processes.current)", limits: CgroupLimits(memory: 64 << 20))
        let directory = try #require(group.directories.first)
        let file = place.unified ? "memory.max" : "memory.limit_in_bytes"
        let limit = try Files.contents(of: "\(directory.path)/\(file)", limit: 100)
        #expect(String(decoding: limit, as: UTF8.self) == "67108864\n")
        #expect(group.remove())
        #expect((try? FileStatus.of(directory.path)) == nil)
    }

    @Test(.enabled(if: Machine.isRoot))
    func aWorkloadBeyondItsMemoryIsKilledAndToldWhy() throws {
        guard try CgroupHierarchy.current().places[.memory] != nil else { return }
        let report = try Probe.run("foreground", "memory=24", "allocate=200")
        #expect(report.value("status") == "137", "\(report)")
        #expect(report.value("explanation")?.contains("out of memory") == true)
    }

    @Test(.enabled(if: Machine.isRoot))
    func aWorkloadGetsItsShareOfTheCPU() throws {
        guard try CgroupHierarchy.current().places[.cpu] != nil else { return }
        // A fifth of a CPU: 200 ms of work take at least 600.
        let start = Clocks.now(.monotonic)
        let report = try Probe.run("foreground", "cpus=200", "spin=200")
        #expect(report.value("status") == "0", "\(report)")
        #expect(Clocks.now(.monotonic) - start > 600_000_000)
    }
}
