import OCISpec
import Testing

@testable import Cgroups

@Suite struct CPUSettingsTests {
    private func cpu(_ change: (inout LinuxResources.CPU) -> Void) -> LinuxResources.CPU {
        var cpu = LinuxResources.CPU()
        change(&cpu)
        return cpu
    }

    private func legacy(_ change: (inout LinuxResources.CPU) -> Void) throws -> [String] {
        try CPUSettings.legacy(cpu(change)).map { "\($0.file)=\($0.value)" }
    }

    private func unified(_ current: String? = nil, _ change: (inout LinuxResources.CPU) -> Void) throws -> [String] {
        try CPUSettings.unified(cpu(change)) { current }.map { "\($0.file)=\($0.value)" }
    }

    @Test(arguments: [
        (0, 1), (2, 1), (3, 2), (100, 17), (512, 59), (1024, 100), (2048, 174), (262_144, 10_000), (999_999, 10_000),
    ])
    func sharesBecomeTheWeightThatOthersMakeOfThem(_ shares: UInt64, _ weight: UInt64) {
        #expect(CPUSettings.weight(shares: shares) == weight)
    }

    @Test func weightsGrowWithShares() {
        var last: UInt64 = 0
        for shares in stride(from: UInt64(2), through: 262_144, by: 37) {
            let weight = CPUSettings.weight(shares: shares)
            #expect(weight >= last && (1...10_000).contains(weight))
            last = weight
        }
    }

    @Test func version1HasAFileForEachNumber() throws {
        #expect(
            try legacy {
                $0.shares = 512
                $0.quota = 50_000
                $0.period = 100_000
                $0.burst = 1000
                $0.realtimePeriod = 1_000_000
                $0.realtimeRuntime = 950_000
            } == [
                "cpu.shares=512", "cpu.cfs_period_us=100000", "cpu.cfs_burst_us=1000", "cpu.cfs_quota_us=50000",
                "cpu.rt_period_us=1000000", "cpu.rt_runtime_us=950000",
            ])
        #expect(try legacy { $0.quota = -1 } == ["cpu.cfs_quota_us=-1"])
    }

    @Test func version2HasQuotaAndPeriodInOne() throws {
        #expect(
            try unified {
                $0.quota = 50_000
                $0.period = 200_000
            } == ["cpu.max=50000 200000"])
        #expect(try unified { $0.quota = 50_000 } == ["cpu.max=50000"])
        #expect(try unified { $0.quota = -1 } == ["cpu.max=max"])
    }

    @Test func aPeriodAloneKeepsTheQuota() throws {
        #expect(try unified("70000 100000\n") { $0.period = 50_000 } == ["cpu.max=70000 50000"])
        #expect(try unified { $0.period = 50_000 } == ["cpu.max=max 50000"])
    }

    @Test func anIdleGroupGetsNoWeight() throws {
        #expect(
            try unified {
                $0.idle = 1
                $0.shares = 512
            } == ["cpu.idle=1"])
        #expect(
            try unified {
                $0.idle = 0
                $0.shares = 1024
            } == ["cpu.idle=0", "cpu.weight=100"])
        #expect(
            try legacy {
                $0.idle = 1
                $0.shares = 512
            } == ["cpu.idle=1"])
    }

    @Test func zeroIsNotSet() throws {
        let change: (inout LinuxResources.CPU) -> Void = {
            $0.shares = 0
            $0.quota = 0
            $0.period = 0
            $0.realtimePeriod = 0
            $0.realtimeRuntime = 0
        }
        #expect(try legacy(change).isEmpty)
        #expect(try unified(nil, change).isEmpty)
    }

    @Test(arguments: [1, 262_145])
    func sharesThatTheKernelWouldChangeAreRefused(_ shares: UInt64) {
        #expect { try legacy { $0.shares = shares } } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.cpu.shares"
        }
    }

    @Test func realtimeLimitsAreRefusedInVersion2() {
        #expect { try unified { $0.realtimeRuntime = 5 } } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.cpu.realtimeRuntime"
        }
        #expect { try unified { $0.realtimePeriod = 5 } } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.cpu.realtimePeriod"
        }
    }

    @Test func processorsAndNodesAreOfCpuset() {
        let set = CPUSettings.processorSet(
            cpu {
                $0.cpus = "0-1"
                $0.mems = ""
            })
        #expect(set.map(\.file) == ["cpuset.cpus"])
        #expect(set.map(\.missing) == [.instead(file: "cpus", value: "0-1")])
    }
}
