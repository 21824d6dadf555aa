import OCISpec
import Testing

@testable import Cgroups

@Suite struct MemorySettingsTests {
    private func memory(
        limit: Int64? = nil, swap: Int64? = nil, reservation: Int64? = nil
    ) -> LinuxResources.Memory {
        var memory = LinuxResources.Memory()
        memory.limit = limit
        memory.swap = swap
        memory.reservation = reservation
        return memory
    }

    private func legacy(_ memory: LinuxResources.Memory) throws -> [String] {
        try MemorySettings.legacy(memory).map { "\($0.file)=\($0.value)" }
    }

    private func unified(_ memory: LinuxResources.Memory, current: Int64? = nil) throws -> [String] {
        try MemorySettings.unified(memory) { current }.map { "\($0.file)=\($0.value)" }
    }

    @Test func version1CountsMemoryAndSwapTogether() throws {
        #expect(
            try legacy(memory(limit: 100, swap: 300, reservation: 50)) == [
                "memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=300", "memory.soft_limit_in_bytes=50",
            ])
    }

    @Test func version2CountsSwapAlone() throws {
        #expect(
            try unified(memory(limit: 100, swap: 300, reservation: 50)) == [
                "memory.swap.max=200", "memory.max=100", "memory.low=50",
            ])
        #expect(try unified(memory(limit: 100, swap: 100)) == ["memory.swap.max=0", "memory.max=100"])
        #expect(try unified(memory(limit: 100, swap: -1)) == ["memory.swap.max=max", "memory.max=100"])
    }

    @Test func noLimitForMemoryIsNoneForSwapEither() throws {
        #expect(try legacy(memory(limit: -1)) == ["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1"])
        #expect(try unified(memory(limit: -1)) == ["memory.swap.max=max", "memory.max=max"])
        #expect(try unified(memory(limit: -1, swap: 70)) == ["memory.swap.max=70", "memory.max=max"])
    }

    @Test func zeroIsNotSet() throws {
        #expect(try legacy(memory(limit: 0, swap: 0, reservation: 0)).isEmpty)
        #expect(try unified(memory(limit: 0, swap: 0, reservation: 0)).isEmpty)
        #expect(try MemorySettings.legacy(memory(limit: 0)).isEmpty)
    }

    @Test func swapAloneIsCountedFromTheLimitThatIsThere() throws {
        #expect(try unified(memory(swap: 300), current: 100) == ["memory.swap.max=200"])
        #expect(try unified(memory(swap: 300), current: -1) == ["memory.swap.max=300"])
        #expect { try unified(memory(swap: 300)) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.swap"
        }
    }

    @Test func swapBelowTheLimitIsRefused() {
        #expect { try unified(memory(limit: 300, swap: 100)) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.swap"
        }
    }

    @Test func limitsOfVersion1MayWaitForEachOther() throws {
        #expect(try MemorySettings.legacy(memory(limit: 100, swap: 300)).allSatisfy(\.mayWait))
    }

    @Test func whatVersion2LacksIsRefusedByItsName() {
        for (name, change) in [
            ("swappiness", { $0.swappiness = 10 }), ("disableOOMKiller", { $0.disableOOMKiller = true }),
            ("useHierarchy", { $0.useHierarchy = false }),
        ] as [(String, (inout LinuxResources.Memory) -> Void)] {
            var memory = LinuxResources.Memory()
            change(&memory)
            #expect { try unified(memory) } throws: { ($0 as? CgroupError)?.field == "linux.resources.memory.\(name)" }
        }
    }

    @Test func whatVersion2DoesAnywayIsFine() throws {
        var memory = LinuxResources.Memory()
        memory.disableOOMKiller = false
        memory.useHierarchy = true
        #expect(try unified(memory).isEmpty)
    }

    @Test func version1HasTheOldFiles() throws {
        var memory = LinuxResources.Memory()
        memory.disableOOMKiller = true
        memory.swappiness = 0
        memory.useHierarchy = true
        #expect(
            try legacy(memory) == ["memory.use_hierarchy=1", "memory.oom_control=1", "memory.swappiness=0"])
    }

    @Test func aLimitBelowTheUsageIsRefusedWhenAskedToCheck() throws {
        try MemorySettings.check(memory(limit: 101, swap: 151), usage: 100, swapUsage: 50)
        #expect { try MemorySettings.check(memory(limit: 100), usage: 100, swapUsage: 0) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.limit"
        }
        #expect { try MemorySettings.check(memory(swap: 150), usage: 100, swapUsage: 50) } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.swap"
        }
    }

    @Test func kernelMemoryIsRemarkedUponAndNotSet() throws {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.kernel = 1 << 20
        resources.memory = memory
        #expect(resources.remarks.count == 1)
        #expect(resources.needs.isEmpty)
        #expect(try legacy(memory).isEmpty)
    }

    @Test func buffersOfTCPHaveALimitOfTheirOwnInVersion1Alone() throws {
        var resources = LinuxResources()
        var memory = LinuxResources.Memory()
        memory.kernelTCP = 1 << 20
        resources.memory = memory
        #expect(resources.needs.map(\.field) == ["linux.resources.memory.kernelTCP"])
        #expect(try legacy(memory) == ["memory.kmem.tcp.limit_in_bytes=1048576"])
        #expect { try MemorySettings.unified(memory) { nil } } throws: {
            ($0 as? CgroupError)?.field == "linux.resources.memory.kernelTCP"
        }
        memory.kernelTCP = 0
        #expect(try legacy(memory).isEmpty)
    }
}
