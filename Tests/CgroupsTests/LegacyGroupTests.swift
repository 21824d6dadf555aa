import OCISpec
import SystemCalls
import Testing

@testable import Cgroups

/// Limits on this machine's own trees of version 1, as far as they are mounted.
@Suite(.enabled(if: Here.isRoot)) struct LegacyGroupTests {
    /// A container's groups, gone with their owner.
    final class Made {
        let cgroup: ContainerCgroup

        init(_ name: String, _ resources: LinuxResources? = nil, path: String? = nil) throws {
            cgroup = try ContainerCgroup.create(
                path: path, id: "test-\(name)-\(Processes.current)", resources: resources, rootless: false)
        }

        deinit { try? cgroup.delete() }

        func read(_ controller: String, _ file: String) -> String? {
            cgroup.groups.first { $0.controllers.contains(controller) }.flatMap { words("\($0.directory)/\(file)") }
        }
    }

    @Test func aGroupStandsInEveryTree() throws {
        let made = try Made("every")
        #expect(made.cgroup.groups.count == Here.hierarchy.trees.count)
        for group in made.cgroup.groups {
            #expect(group.directory.hasSuffix("/martlet/test-every-\(Processes.current)"))
            #expect((try? FileStatus.of(group.directory)) != nil)
        }
        try made.cgroup.delete()
        #expect(made.cgroup.groups.allSatisfy { (try? FileStatus.of($0.directory)) == nil })
    }

    @Test(.enabled(if: Here.hasLegacy("memory"), "no memory controller of version 1"))
    func memoryIsLimitedAndTheLimitsMoveBothWays() throws {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        func set(_ limit: Int64?, _ swap: Int64?) {
            memory.limit = limit
            memory.swap = swap
            resources.memory = memory
        }
        memory.reservation = 1 << 24
        memory.swappiness = 7
        memory.disableOOMKiller = true
        set(1 << 26, 1 << 27)
        let made = try Made("memory", resources)
        #expect(made.read("memory", "memory.limit_in_bytes") == "67108864")
        #expect(made.read("memory", "memory.memsw.limit_in_bytes") == "134217728")
        #expect(made.read("memory", "memory.soft_limit_in_bytes") == "16777216")
        #expect(made.read("memory", "memory.swappiness") == "7")
        #expect(made.read("memory", "memory.oom_control")?.hasPrefix("oom_kill_disable 1") == true)
        memory = LinuxResources.Memory()
        memory.disableOOMKiller = false
        // Beyond both of the old ones, below both, then none.
        for (limit, swap) in [(1 << 28, 1 << 29), (1 << 24, 1 << 25), (-1, -1)] as [(Int64, Int64)] {
            set(limit, swap)
            try made.cgroup.update(resources)
            if limit > 0 { #expect(made.read("memory", "memory.limit_in_bytes") == "\(limit)") }
            if swap > 0 { #expect(made.read("memory", "memory.memsw.limit_in_bytes") == "\(swap)") }
        }
        #expect(made.read("memory", "memory.memsw.limit_in_bytes") == "9223372036854771712")
        #expect(made.read("memory", "memory.oom_control")?.hasPrefix("oom_kill_disable 0") == true)
    }

    @Test(.enabled(if: Here.hasLegacy("memory"), "no memory controller of version 1"))
    func swapBelowTheLimitIsRefusedByItsField() throws {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.limit = 1 << 26
        memory.swap = 1 << 25
        resources.memory = memory
        #expect { try Made("swap", resources) } throws: {
            ($0 as? CgroupError)?.field?.hasPrefix("linux.resources.memory.") == true
        }
        #expect(
            Here.hierarchy.trees.allSatisfy {
                (try? FileStatus.of("\($0.mountPoint)/martlet/test-swap-\(Processes.current)")) == nil
            })
    }

    @Test(.enabled(if: Here.hasLegacy("cpu"), "no cpu controller of version 1"))
    func processorTimeIsLimitedAndTheLimitsMoveBothWays() throws {
        var resources = LinuxResources()
        var cpu = LinuxResources.CPU()
        cpu.shares = 512
        cpu.quota = 50_000
        cpu.period = 100_000
        cpu.burst = 20_000
        resources.cpu = cpu
        let made = try Made("cpu", resources)
        #expect(made.read("cpu", "cpu.shares") == "512")
        #expect(made.read("cpu", "cpu.cfs_quota_us") == "50000")
        #expect(made.read("cpu", "cpu.cfs_period_us") == "100000")
        #expect(made.read("cpu", "cpu.cfs_burst_us") == "20000")
        // A burst beyond the old quota, then a quota below the old burst.
        for (quota, burst) in [(200_000, 150_000), (10_000, 5000)] as [(Int64, UInt64)] {
            resources.cpu?.quota = quota
            resources.cpu?.burst = burst
            try made.cgroup.update(resources)
            #expect(made.read("cpu", "cpu.cfs_quota_us") == "\(quota)")
            #expect(made.read("cpu", "cpu.cfs_burst_us") == "\(burst)")
        }
        cpu = LinuxResources.CPU()
        cpu.idle = 1
        resources.cpu = cpu
        try made.cgroup.update(resources)
        #expect(made.read("cpu", "cpu.idle") == "1")
        cpu.idle = 0
        cpu.shares = 2048
        resources.cpu = cpu
        try made.cgroup.update(resources)
        #expect(made.read("cpu", "cpu.shares") == "2048")
    }

    @Test(.enabled(if: Here.hasLegacy("cpu"), "no cpu controller of version 1"))
    func aQuotaThatTheKernelRefusesIsNamed() {
        var resources = LinuxResources()
        var cpu = LinuxResources.CPU()
        cpu.quota = 1
        resources.cpu = cpu
        #expect { try Made("quota", resources) } throws: { ($0 as? CgroupError)?.field == "linux.resources.cpu.quota" }
    }

    @Test(.enabled(if: Here.hasLegacy("cpuset"), "no cpuset controller of version 1"))
    func processorsAreChosenOrInheritedAlsoBelowNewGroups() throws {
        var resources = LinuxResources()
        var cpu = LinuxResources.CPU()
        cpu.cpus = "0"
        resources.cpu = cpu
        let top = "martlet-test-\(Processes.current)"
        let made = try Made("cpuset", resources, path: "/\(top)/a/b")
        defer {
            try? made.cgroup.delete()
            for tree in Here.hierarchy.trees {
                for path in ["\(top)/a", top] { try? Files.removeDirectory("\(tree.mountPoint)/\(path)") }
            }
        }
        #expect(made.read("cpuset", "cpuset.cpus") == "0")
        let mems = Here.hierarchy.trees.first { $0.controllers.contains("cpuset") }.flatMap {
            words("\($0.mountPoint)/cpuset.mems")
        }
        #expect(made.read("cpuset", "cpuset.mems") == mems)
        cpu.cpus = "4095"
        resources.cpu = cpu
        #expect { try made.cgroup.update(resources) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.cpu.cpus"
        }
    }

    @Test(.enabled(if: Here.hasLegacy("pids"), "no pids controller of version 1"))
    func tasksAreLimited() throws {
        var resources = LinuxResources()
        resources.pids = .init(limit: 20)
        let made = try Made("pids", resources)
        #expect(made.read("pids", "pids.max") == "20")
        resources.pids = .init(limit: -1)
        try made.cgroup.update(resources)
        #expect(made.read("pids", "pids.max") == "max")
    }

    @Test(.enabled(if: Here.hasLegacy("blkio"), "no blkio controller of version 1"))
    func blockDevicesAreWeighedAndThrottled() throws {
        var resources = LinuxResources()
        var blockIO = LinuxResources.BlockIO()
        blockIO.weight = 200
        resources.blockIO = blockIO
        let made = try Made("blkio", resources)
        #expect((made.read("blkio", "blkio.weight") ?? made.read("blkio", "blkio.bfq.weight"))?.contains("200") == true)
        blockIO = .init()
        blockIO.throttleReadBpsDevice = [.init(major: 0, minor: 0, rate: 600)]
        resources.blockIO = blockIO
        #expect { try made.cgroup.update(resources) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.blockIO.throttleReadBpsDevice[0]"
        }
    }

    @Test(.enabled(if: Here.hasUnified("hugetlb"), "version 2 has no hugetlb here"))
    func hugepagesAreLimitedWhereverTheirControllerIs() throws {
        guard let size = CgroupStatistics.Hugepages.sizes().first else { return }
        var resources = LinuxResources()
        resources.hugepageLimits = [.init(pageSize: size, limit: 4 << 30)]
        let made = try Made("huge", resources)
        let directory = try #require(made.cgroup.unifiedDirectory)
        #expect(words("\(directory)/hugetlb.\(size).max") == "4294967296")
        #expect(try made.cgroup.statistics().hugepages.map(\.size).contains(size))
    }

    @Test(.enabled(if: !Here.hasLegacy("net_cls"), "net_cls is mounted"))
    func aControllerThatIsNotMountedIsNamed() {
        var resources = LinuxResources()
        var network = LinuxResources.Network()
        network.classID = 5
        resources.network = network
        #expect { try Made("network", resources) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.network.classID"
        }
    }

    @Test func anotherContainersGroupMayBeShared() throws {
        let made = try Made("shared")
        let path = "/martlet/test-shared-\(Processes.current)"
        let again = try ContainerCgroup.create(path: path, id: "other", resources: nil, rootless: false)
        #expect(again.groups == made.cgroup.groups)
    }

    @Test(.enabled(if: Here.hasLegacy("freezer"), "no freezer of version 1"))
    func aFrozenGroupIsRefused() throws {
        let made = try Made("frozen")
        try made.cgroup.freeze()
        #expect(made.cgroup.isFrozen)
        #expect {
            try ContainerCgroup.create(
                path: "/martlet/test-frozen-\(Processes.current)", id: "other", resources: nil, rootless: false)
        } throws: { ($0 as? CgroupError)?.field == "linux.cgroupsPath" }
        try made.cgroup.thaw()
    }
}
