import ProbeRunner
import Testing

@testable import Cgroups

@Suite struct StatisticsTests {
    private let directory: TemporaryDirectory
    private let cgroup: ContainerCgroup

    init() throws {
        directory = try TemporaryDirectory()
        cgroup = ContainerCgroup(groups: [.init(controllers: [], directory: directory.path)])
    }

    private func legacy(_ controller: String) -> ContainerCgroup {
        ContainerCgroup(groups: [.init(controllers: [controller], directory: directory.path)])
    }

    @Test func processorTimeOfVersion2IsInMicroseconds() throws {
        try directory.write(
            "cpu.stat",
            "usage_usec 30\nuser_usec 20\nsystem_usec 10\n"
                + "nr_periods 7\nnr_throttled 3\nthrottled_usec 5\nnr_bursts 2\nburst_usec 1\n"
        )
        let cpu = try cgroup.statistics().cpu
        #expect([cpu.total, cpu.user, cpu.system] == [30_000, 20_000, 10_000])
        #expect([cpu.periods, cpu.throttledPeriods, cpu.throttledTime] == [7, 3, 5000])
        #expect([cpu.bursts, cpu.burstTime] == [2, 1000])
    }

    @Test func processorTimeOfVersion1IsInNanosecondsForEachProcessor() throws {
        try directory.write("cpuacct.usage", "300\n")
        try directory.write("cpuacct.usage_user", "200\n")
        try directory.write("cpuacct.usage_sys", "100\n")
        try directory.write("cpuacct.usage_percpu", "100 200 \n")
        let cpu = try legacy("cpuacct").statistics().cpu
        #expect([cpu.total, cpu.user, cpu.system] == [300, 200, 100])
        #expect(cpu.perProcessor == [100, 200])
    }

    @Test func memoryOfVersion2IsToldInTheNamesOfVersion1() throws {
        try directory.write("memory.stat", "anon 10\nfile 20\nkernel 3\nsock 1\n")
        try directory.write("memory.current", "100\n")
        try directory.write("memory.max", "max\n")
        try directory.write("memory.peak", "150\n")
        try directory.write("memory.swap.current", "5\n")
        try directory.write("memory.swap.max", "50\n")
        try directory.write("memory.events", "low 0\nhigh 0\nmax 4\noom 3\noom_kill 2\n")
        let statistics = try cgroup.statistics()
        let memory = try #require(statistics.memory)
        #expect(memory.cache == 20)
        #expect(
            [memory.memory.usage, memory.memory.maximum, memory.memory.limit, memory.memory.failures] == [
                100, 150, .max, 4,
            ])
        #expect([memory.swap.usage, memory.swap.limit] == [5, 50])
        #expect([memory.memoryAndSwap.usage, memory.memoryAndSwap.limit] == [105, .max])
        #expect([memory.kernel.usage, memory.kernelTCP.usage] == [3, 1])
        #expect(memory.counters.map(\.name) == ["anon", "file", "kernel", "sock"])
        #expect(statistics.outOfMemoryKills == 2)
    }

    @Test func memoryOfVersion1HasSwapWithin() throws {
        try directory.write("memory.stat", "cache 7\nrss 3\n")
        for (name, usage) in [("memory", 100), ("memory.memsw", 130), ("memory.kmem", 9)] {
            try directory.write("\(name).usage_in_bytes", "\(usage)\n")
            try directory.write("\(name).max_usage_in_bytes", "200\n")
            try directory.write("\(name).failcnt", "1\n")
            try directory.write("\(name).limit_in_bytes", "500\n")
        }
        try directory.write("memory.use_hierarchy", "1\n")
        try directory.write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 6\n")
        let statistics = try legacy("memory").statistics()
        let memory = try #require(statistics.memory)
        #expect(
            [memory.cache, memory.memory.usage, memory.memoryAndSwap.usage, memory.swap.usage] == [7, 100, 130, 30])
        #expect(memory.kernel.usage == 9 && memory.usesHierarchy)
        #expect(statistics.outOfMemoryKills == 6)
    }

    @Test func tasksWithoutALimitHaveNone() throws {
        try directory.write("pids.current", "3\n")
        try directory.write("pids.max", "max\n")
        #expect(try cgroup.statistics().tasks?.current == 3)
        #expect(try cgroup.statistics().tasks?.limit == 0)
        try directory.write("pids.max", "20\n")
        #expect(try cgroup.statistics().tasks?.limit == 20)
    }

    @Test func blockDevicesAreCountedInBothVersions() throws {
        try directory.write(
            "io.stat", "8:0 rbytes=4096 wbytes=10 rios=1 wios=2 dbytes=0 dios=0\nbroken\n8:x rbytes=1\n")
        let unified = try cgroup.statistics().blockIO
        #expect(unified.serviceBytes.map(\.value) == [4096, 10, 0])
        #expect(unified.serviced.map(\.operation) == ["Read", "Write", "Discard"])
        try directory.write("blkio.bfq.io_service_bytes_recursive", "Total 0\n")
        try directory.write("blkio.bfq.io_serviced_recursive", "Total 0\n")
        try directory.write("blkio.throttle.io_service_bytes_recursive", "8:0 Read 5\n8:0 Total 5\nTotal 5\n")
        try directory.write("blkio.throttle.io_serviced_recursive", "8:0 Read 1\nTotal 1\n")
        let legacy = try legacy("blkio").statistics().blockIO
        #expect(
            legacy.serviceBytes == [
                .init(major: 8, minor: 0, operation: "Read", value: 5),
                .init(major: 8, minor: 0, operation: "Total", value: 5),
            ])
        #expect(legacy.serviced.map(\.value) == [1])
    }

    @Test func pressureIsReadWhereTheKernelCountsIt() throws {
        #expect(try cgroup.statistics().cpu.pressure == nil)
        try directory.write(
            "cpu.pressure",
            "some avg10=0.50 avg60=1.25 avg300=2.00 total=4711\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n")
        let pressure = try #require(try cgroup.statistics().cpu.pressure)
        #expect(pressure.some.average60 == 1.25 && pressure.some.total == 4711 && pressure.full.total == 5)
        #expect(CgroupStatistics.Pressure("") == nil)
        #expect(CgroupStatistics.Pressure("other avg10=1\n") == nil)
    }

    @Test func hugepagesAreNamedAsTheirFilesAre() throws {
        #expect(CgroupStatistics.Hugepages.size("hugepages-64kB") == "64KB")
        #expect(CgroupStatistics.Hugepages.size("hugepages-2048kB") == "2MB")
        #expect(CgroupStatistics.Hugepages.size("hugepages-1048576kB") == "1GB")
        #expect(CgroupStatistics.Hugepages.size("hugepages-x") == nil)
        try directory.write("hugetlb.2MB.rsvd.current", "4096\n")
        try directory.write("hugetlb.2MB.events", "max 9\n")
        let pages = CgroupStatistics.Hugepages(size: "2MB", GroupReader(directory: directory.path), unified: true)
        #expect(pages?.usage == 4096 && pages?.failures == 9)
        #expect(CgroupStatistics.Hugepages(size: "1GB", GroupReader(directory: directory.path), unified: true) == nil)
    }

    @Test func rdmaDevicesAreTakenTogetherWithTheirLimits() {
        let list = CgroupStatistics.RDMA.list(
            current: "mlx5_1 hca_handle=2 hca_object=7\n", limits: "mlx5_1 hca_handle=3 hca_object=max\n")
        #expect(list.count == 1)
        #expect([list[0].handles, list[0].objects, list[0].handleLimit, list[0].objectLimit] == [2, 7, 3, .max])
    }

    @Test func processorListsAreReadAndNonsenseIsNot() {
        #expect(CgroupStatistics.CPUSet.list("0-2,5\n") == [0, 1, 2, 5])
        #expect(CgroupStatistics.CPUSet.list("5-2,x,99999999") == [])
        #expect(CgroupStatistics.CPUSet.list("") == [])
    }

    @Test func groupsThatAreGoneHaveNoStatistics() {
        let gone = ContainerCgroup(groups: [.init(controllers: [], directory: directory.path + "/gone")])
        #expect(throws: CgroupError.self) { try gone.statistics() }
    }
}
