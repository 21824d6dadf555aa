import SystemCalls
import Testing

@testable import Cgroups

/// Processes in groups, by a probe with one thread.
@Suite(.enabled(if: Here.isRoot && !Here.hierarchy.trees.isEmpty, "needs root and mounted groups"))
struct GroupProcessTests {
    @Test func aContainersGroupsAreEnteredFrozenKilledAndRemoved() throws {
        let report = try CgroupProbe.run("life", id: "test-life")
        let trees = try #require(report.value("trees"), "\(report)")
        #expect(report.value("groups") == trees, "\(report)")
        #expect(report.value("entered") == trees, "\(report)")
        #expect(report.value("added") == trees, "\(report)")
        #expect(report.value("processes") == "true", "\(report)")
        #expect(report.value("frozen") == "true", "\(report)")
        #expect(report.value("thawed") == "true", "\(report)")
        #expect(report.value("statistics") == "2", "\(report)")
        #expect(report.value("killed") == "signal(9) signal(9)", "\(report)")
        #expect(report.value("left") == "0", "\(report)")
        #expect(report.value("deletedTwice") == "true", "\(report)")
    }

    @Test func aProcessIsMovedFromOutsideIntoGroupsOfAnyDepthAndTold() throws {
        let report = try CgroupProbe.run("outside", id: "test-outside")
        #expect(report.value("added") == "true", "\(report)")
        #expect(report.value("ended") == "signal(15)", "\(report)")
    }

    @Test func processesThatMakeProcessesAreAllKilled() throws {
        let report = try CgroupProbe.run("swarm", id: "test-swarm")
        #expect(report.value("several") == "true", "\(report)")
        #expect(report.value("left") == "0", "\(report)")
        #expect(report.value("deleted") == "true", "\(report)")
    }

    @Test(.enabled(if: Here.hasLegacy("memory") || Here.hasUnified("memory"), "no memory controller"))
    func wantOfMemoryIsToldAndCounted() throws {
        let report = try CgroupProbe.run("memory", id: "test-memory")
        #expect(report.value("before") == "nothing", "\(report)")
        #expect(report.value("end") == "signal(9)", "\(report)")
        #expect(report.value("told") == "1", "\(report)")
        #expect(report.value("change") == "outOfMemory", "\(report)")
        #expect(report.value("kills") == "1", "\(report)")
        #expect(report.value("peak") == "true", "\(report)")
        #expect(report.value("after") == "ended", "\(report)")
    }
}

/// Version 2 as the kernel has it, in a mount namespace where it is all there is. Controllers that version 1 holds
/// elsewhere can't move there: what they do in version 2 is in `PlainTreeTests`.
@Suite(.enabled(if: Here.hasUnifiedTree, "needs root and version 2 mounted"))
struct UnifiedTreeTests {
    @Test func aContainersGroupLivesInVersion2Alone() throws {
        let report = try CgroupProbe.run("unified", id: "test-unified")
        #expect(report.value("error") == nil, "\(report)")
        #expect(report.value("groups")?.hasSuffix("/inner") == true, "\(report)")
        #expect(report.value("unifiedDirectory") == report.value("groups"), "\(report)")
        #expect(report.value("added") == "1", "\(report)")
        #expect(report.value("frozen") == "true populated 1 frozen 1", "\(report)")
        #expect(report.value("thawed") == "true", "\(report)")
        #expect(report.value("statistics") == "true", "\(report)")
        #expect(report.value("descendants") == "7", "\(report)")
        #expect(report.value("owners") == "65534 65534 65534 0", "\(report)")
        #expect(report.value("alone") == "true", "\(report)")
        #expect(report.value("beside") == "2", "\(report)")
        #expect(report.value("recursive") == "2", "\(report)")
        #expect(report.value("killed") == "signal(9)", "\(report)")
        #expect(report.value("left") == "false", "\(report)")
    }

    @Test(.enabled(if: Here.hasUnified("hugetlb"), "version 2 has no hugetlb here"))
    func controllersAreHandedDownUnlessAGroupAboveHasProcesses() throws {
        let report = try CgroupProbe.run("unified", id: "test-down")
        #expect(report.value("hugepages") == "4194304 4194304", "\(report)")
        #expect(report.value("unifiedMap") == "2097152", "\(report)")
        #expect(
            report.value("internal")?.hasPrefix("linux.resources.hugepageLimits: ") == true
                && report.value("internal")?.contains("has processes of its own") == true, "\(report)")
        #expect(report.value("internalLeft") == "false", "\(report)")
    }

    @Test(.enabled(if: !Here.hasUnified("memory"), "version 2 has the memory controller"))
    func aControllerThatVersion2LacksIsNamed() throws {
        let report = try CgroupProbe.run("unified", id: "test-lack")
        #expect(report.value("memory")?.hasPrefix("linux.resources.memory.limit: ") == true, "\(report)")
    }

    @Test func withoutPrivilegesOnlyADelegatedPartIsUsed() throws {
        let report = try CgroupProbe.run("delegated", id: "test-user")
        #expect(report.value("error") == nil, "\(report)")
        #expect(report.value("nothing") == "none", "\(report)")
        #expect(report.value("limit")?.hasPrefix("linux.resources.memory.limit: ") == true, "\(report)")
        #expect(report.value("path")?.hasPrefix("linux.cgroupsPath: ") == true, "\(report)")
        #expect(report.value("delegated")?.contains("-user/martlet/") == true, "\(report)")
        #expect(report.value("stands") == "true", "\(report)")
    }
}
