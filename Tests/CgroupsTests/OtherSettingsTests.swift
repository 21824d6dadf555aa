import OCISpec
import Testing

@testable import Cgroups

@Suite struct OtherSettingsTests {
    private func lines(_ settings: [GroupSetting]) -> [String] { settings.map { "\($0.file)=\($0.value)" } }

    @Test func tasksHaveALimitOrNone() {
        #expect(lines(SmallSettings.tasks(.init(limit: 20))) == ["pids.max=20"])
        #expect(lines(SmallSettings.tasks(.init(limit: -1))) == ["pids.max=max"])
        #expect(lines(SmallSettings.tasks(.init(limit: 0))) == ["pids.max=1"])
        #expect(SmallSettings.tasks(.init()).isEmpty)
    }

    @Test func hugepagesAreLimitedInUseAndInReserve() {
        let limits = [LinuxResources.HugepageLimit(pageSize: "2MB", limit: 4)]
        #expect(
            lines(SmallSettings.hugepages(limits, unified: true)) == ["hugetlb.2MB.max=4", "hugetlb.2MB.rsvd.max=4"])
        #expect(
            lines(SmallSettings.hugepages(limits, unified: false)) == [
                "hugetlb.2MB.limit_in_bytes=4", "hugetlb.2MB.rsvd.limit_in_bytes=4",
            ])
        #expect(SmallSettings.hugepages(limits, unified: true).map(\.missing) == [.refused, .ignored])
    }

    @Test func networkAndRDMAHaveTheirLines() {
        var network = LinuxResources.Network()
        network.classID = 0x10_0001
        network.priorities = [.init(name: "eth0", priority: 500)]
        #expect(lines(SmallSettings.networkClass(network)) == ["net_cls.classid=1048577"])
        #expect(lines(SmallSettings.networkPriorities(network)) == ["net_prio.ifpriomap=eth0 500"])
        let rdma = [
            LinuxResources.RDMALimit(device: "mlx5_1", hcaHandles: 3, hcaObjects: 10),
            LinuxResources.RDMALimit(device: "rxe3", hcaObjects: 7),
        ]
        #expect(
            lines(SmallSettings.rdma(rdma)) == [
                "rdma.max=mlx5_1 hca_handle=3 hca_object=10", "rdma.max=rxe3 hca_object=7",
            ])
    }

    @Test func blockDevicesAreWeighedAndThrottled() throws {
        var blockIO = LinuxResources.BlockIO()
        blockIO.weight = 500
        blockIO.weightDevice = [.init(major: 8, minor: 0, weight: 100)]
        blockIO.throttleReadBpsDevice = [.init(major: 8, minor: 0, rate: 600)]
        blockIO.throttleWriteIOPSDevice = [.init(major: 8, minor: 16, rate: 300)]
        let legacy = try BlockIOSettings.legacy(blockIO)
        #expect(
            lines(legacy) == [
                "blkio.weight=500", "blkio.weight_device=8:0 100", "blkio.throttle.read_bps_device=8:0 600",
                "blkio.throttle.write_iops_device=8:16 300",
            ])
        #expect(legacy[0].missing == .instead(file: "blkio.bfq.weight", value: "500"))
        let unified = try BlockIOSettings.unified(blockIO)
        #expect(
            lines(unified) == [
                "io.bfq.weight=500", "io.bfq.weight=8:0 100", "io.max=8:0 rbps=600", "io.max=8:16 wiops=300",
            ])
        #expect(unified[0].missing == .instead(file: "io.weight", value: "4950"))
        #expect(unified[3].field == "linux.resources.blockIO.throttleWriteIOPSDevice[0]")
    }

    @Test(arguments: [(10, 1), (100, 910), (500, 4950), (1000, 10_000)])
    func weightsAreStretched(_ weight: UInt16, _ stretched: Int) {
        #expect(BlockIOSettings.unifiedWeight(weight) == stretched)
    }

    @Test func weightsOutOfRangeAndLeafWeightsOfVersion2AreRefused() {
        var blockIO = LinuxResources.BlockIO()
        blockIO.weight = 9
        #expect { try BlockIOSettings.legacy(blockIO) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.blockIO.weight"
        }
        blockIO.weight = 0
        blockIO.leafWeight = 10
        #expect(throws: Never.self) { try BlockIOSettings.legacy(blockIO) }
        #expect { try BlockIOSettings.unified(blockIO) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.blockIO.leafWeight"
        }
    }

    @Test func theUnifiedMapIsWrittenLineByLine() throws {
        let settings = try UnifiedSettings.settings([
            "io.max": "8:0 rbps=1\n8:16 wiops=2", "hugetlb.1GB.max": "7", "pids.max": "",
        ])
        #expect(lines(settings) == ["hugetlb.1GB.max=7", "io.max=8:0 rbps=1", "io.max=8:16 wiops=2"])
        #expect(UnifiedSettings.controllers(["io.max": "", "io.weight": "", "cgroup.max.depth": "1"]) == ["io"])
    }

    @Test(arguments: [
        "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "cgroup.kill", "cgroup.freeze", "cgroup.type",
        "memory/max",
        "../memory.max", "memory", "memory.", ".max", "", "a..b", "memory.max\n",
    ])
    func namesThatReachFurtherAreRefused(_ name: String) {
        #expect(throws: CgroupError.self) { try UnifiedSettings.settings([name: "1"]) }
    }

    @Test func needsNameTheControllersOfBothVersions() {
        var resources = LinuxResources()
        #expect(resources.needs.isEmpty)
        resources.pids = .init(limit: 3)
        var cpu = LinuxResources.CPU()
        cpu.cpus = "0"
        resources.cpu = cpu
        resources.blockIO = .init()
        resources.unified = ["memory.high": "1"]
        #expect(
            resources.needs == [
                .init(legacy: "cpuset", unified: "cpuset", field: "linux.resources.cpu.cpus"),
                .init(legacy: "pids", unified: "pids", field: "linux.resources.pids.limit"),
                .init(legacy: nil, unified: "memory", field: "linux.resources.unified"),
            ])
    }
}
