import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import Cgroups

/// Groups made of ordinary directories and files, for what this machine's version 2 lacks: files are there when a test
/// has put them there, and have what was written last.
@Suite struct PlainTreeTests {
    private let root: TemporaryDirectory
    private let hierarchy: CgroupHierarchy

    init() throws {
        root = try TemporaryDirectory()
        hierarchy = CgroupHierarchy(trees: [.init(controllers: [], mountPoint: root.path)])
        try root.write("cgroup.controllers", "cpu io memory pids hugetlb\n")
        try root.write("cgroup.subtree_control", "")
        try root.write("martlet/cgroup.subtree_control", "")
        try group("c1")
    }

    /// A group as the kernel would make it.
    private func group(_ id: String, controllers: String = "cpu io memory pids hugetlb") throws {
        try root.write("martlet/\(id)/cgroup.controllers", "\(controllers)\n")
        for name in [
            "memory.max", "memory.swap.max", "memory.low", "cpu.max", "cpu.weight", "cpu.max.burst", "cpu.idle",
            "pids.max",
            "io.max", "io.weight", "hugetlb.2MB.max",
        ] {
            try root.write("martlet/\(id)/\(name)", "")
        }
    }

    private func create(
        _ resources: LinuxResources?, path: String? = nil, id: String = "c1", announced: () -> Void = {}
    ) throws -> ContainerCgroup {
        try ContainerCgroup.create(
            at: try CgroupPath(path, id: id), in: hierarchy, resources: resources, rootless: false,
            restrictsDevices: false, willMake: { _ in announced() })
    }

    private func read(_ name: String) throws -> String { try root.read("martlet/c1/\(name)") }

    private func everything() -> LinuxResources {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.limit = 1 << 26
        memory.swap = 1 << 27
        memory.reservation = 1 << 25
        resources.memory = memory
        var cpu = LinuxResources.CPU()
        cpu.shares = 1024
        cpu.quota = 50_000
        cpu.period = 200_000
        cpu.burst = 10_000
        resources.cpu = cpu
        resources.pids = .init(limit: 20)
        var blockIO = LinuxResources.BlockIO()
        blockIO.weight = 100
        blockIO.throttleReadBpsDevice = [.init(major: 8, minor: 0, rate: 600)]
        resources.blockIO = blockIO
        resources.hugepageLimits = [.init(pageSize: "2MB", limit: 4 << 20)]
        return resources
    }

    @Test func everyLimitReachesItsFile() throws {
        let cgroup = try create(everything())
        #expect(cgroup.unifiedDirectory == "\(root.path)/martlet/c1")
        #expect(try read("memory.max") == "67108864")
        #expect(try read("memory.swap.max") == "67108864")
        #expect(try read("memory.low") == "33554432")
        #expect(try read("cpu.weight") == "100")
        #expect(try read("cpu.max") == "50000 200000")
        #expect(try read("cpu.max.burst") == "10000")
        #expect(try read("pids.max") == "20")
        #expect(try read("io.weight") == "910")
        #expect(try read("io.max") == "8:0 rbps=600")
        #expect(try read("hugetlb.2MB.max") == "4194304")
    }

    @Test func theUnifiedMapComesLast() throws {
        var resources = everything()
        resources.unified = ["memory.low": "7"]
        _ = try create(resources)
        // Written over what stood there, as a plain file takes it.
        #expect(try read("memory.low") == "73554432")
    }

    @Test func controllersAreHandedDownWhenTheyAreNotYet() throws {
        try group("c2", controllers: "")
        var resources = LinuxResources()
        resources.pids = .init(limit: 3)
        // A plain directory doesn't get them: so that both are seen, the attempt and the error.
        #expect { try create(resources, id: "c2") } throws: { error in
            (error as? CgroupError)?.field == "linux.resources.pids.limit"
        }
        #expect(try root.read("cgroup.subtree_control") == "+cpu +hugetlb +io +memory +pids")
        #expect(try root.read("martlet/cgroup.subtree_control") == "+cpu +hugetlb +io +memory +pids")
    }

    @Test func aControllerThatTheMachineLacksIsNamed() throws {
        var resources = LinuxResources()
        resources.rdma = [.init(device: "x", hcaHandles: 1)]
        #expect { try create(resources) } throws: { error in
            guard let error = error as? CgroupError else { return false }
            return error.field == "linux.resources.rdma" && error.reason.contains("rdma isn't in version 2")
        }
    }

    @Test func whatIsOfVersion1AloneIsRefused() throws {
        var resources = LinuxResources()
        var network = LinuxResources.Network()
        network.classID = 1
        resources.network = network
        #expect { try create(resources) } throws: { ($0 as? CgroupError)?.field == "linux.resources.network.classID" }
    }

    /// They would be killed with the container, even with one that can't be made.
    @Test(arguments: ["c1", "c1/below"]) func aGroupWithProcessesOfOthersIsRefused(place: String) throws {
        try root.write("martlet/\(place)/cgroup.procs", "4194304\n")
        var isAnnounced = false
        #expect { try create(nil) { isAnnounced = true } } throws: { error in
            guard let error = error as? CgroupError else { return false }
            return error.field == "linux.cgroupsPath" && error.reason.contains("4194304")
        }
        #expect(root.exists("martlet/c1"))
        // On record they would be killed by who removes what a crash left.
        #expect(!isAnnounced)
    }

    @Test func aFailureLeavesNothingBehind() throws {
        #expect(throws: CgroupError.self) { try create(everything(), path: "/new/inner/c3") }
        #expect(!root.exists("new"))
    }

    @Test func anUpdateLeavesTheRestAlone() throws {
        let cgroup = try create(everything())
        var resources = LinuxResources()
        var cpu = LinuxResources.CPU()
        cpu.period = 100_000
        resources.cpu = cpu
        try cgroup.update(resources)
        #expect(try read("cpu.max") == "50000 100000")
        #expect(try read("memory.max") == "67108864")
    }

    @Test func anUpdateThatChecksLooksAtTheUsage() throws {
        let cgroup = try create(nil)
        try root.write("martlet/c1/memory.current", "1000\n")
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.limit = 900
        memory.checkBeforeUpdate = true
        resources.memory = memory
        #expect { try cgroup.update(resources) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.limit"
        }
        resources.memory?.limit = 1100
        try cgroup.update(resources)
        #expect(try read("memory.max") == "1100")
    }

    @Test(.enabled(if: Processes.effectiveUser == 0, "giving files away needs root"))
    func aGroupIsGivenAwayButForItsLimits() throws {
        // Others that the kernel lists aren't there: not every group has every file.
        for name in ["cgroup.procs", "cgroup.subtree_control"] { try root.write("martlet/c1/\(name)", "") }
        let cgroup = try create(nil)
        try cgroup.give(to: 4321)
        func owner(_ path: String) throws -> UInt32 { try FileStatus.of("\(root.path)/\(path)").owner }
        for name in ["", "/cgroup.procs", "/cgroup.subtree_control"] {
            #expect(try owner("martlet/c1\(name)") == 4321, "\(name)")
        }
        for name in ["martlet", "martlet/c1/memory.max", "martlet/c1/pids.max", "martlet/c1/cgroup.controllers"] {
            #expect(try owner(name) == 0, "\(name)")
        }
    }

    @Test(.enabled(if: Processes.effectiveUser == 0, "giving files away needs root"))
    func groupsOfVersion1AreNeverGivenAway() throws {
        var cgroup = try create(nil)
        cgroup.groups.append(.init(controllers: ["pids"], directory: root.path))
        try cgroup.give(to: 4321)
        #expect(try FileStatus.of("\(root.path)/martlet/c1").owner == 0)
    }

    @Test func aFrozenGroupIsNotEntered() throws {
        try root.write("martlet/c1/cgroup.freeze", "1\n")
        #expect { try create(nil) } throws: { ($0 as? CgroupError)?.field == "linux.cgroupsPath" }
    }

    @Test func processesOfGroupsBelowCount() throws {
        let cgroup = try create(nil)
        try root.write("martlet/c1/cgroup.procs", "10\n0\n11\n")
        try root.write("martlet/c1/a/cgroup.procs", "12\n")
        try root.write("martlet/c1/a/b/cgroup.procs", "13\n")
        #expect(try cgroup.processes().sorted() == [10, 11, 12, 13])
    }

    /// A container nests its groups as deep as it likes, deeper than a path may be long.
    @Test func processesOfGroupsInAnyDepthCount() throws {
        let cgroup = try create(nil)
        try root.write("martlet/c1/cgroup.procs", "10\n")
        try root.write("martlet/c1/" + String(repeating: "d/", count: 300) + "cgroup.procs", "11\n")
        #expect(try cgroup.processes().sorted() == [10, 11])
    }

    @Test func withoutTreesALimitIsRefusedAndNothingElseIsNeeded() throws {
        let none = CgroupHierarchy(trees: [])
        let place = try CgroupPath(nil, id: "c1")
        var resources = LinuxResources()
        #expect(try ContainerCgroup.create(at: place, in: none, resources: resources, rootless: false).isEmpty)
        resources.pids = .init(limit: 1)
        #expect { try ContainerCgroup.create(at: place, in: none, resources: resources, rootless: false) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.pids.limit"
        }
    }

    @Test func aContainerWithoutGroupsSaysSo() {
        let cgroup = ContainerCgroup(groups: [], isRootless: true)
        #expect(throws: CgroupError.self) { try cgroup.freeze() }
        #expect(throws: CgroupError.self) { try cgroup.processes() }
        #expect(throws: CgroupError.self) { try cgroup.kill() }
        #expect(throws: CgroupError.self) { try cgroup.statistics() }
        #expect(throws: Never.self) { try cgroup.delete() }
        #expect(!cgroup.isFrozen && cgroup.unifiedDirectory == nil && cgroup.outOfMemoryKills == 0)
    }
}
