import Cgroups
import ProbeRunner
import SystemCalls
import Testing

@Suite(.enabled(if: Machine.isRoot)) struct LimitTests {
    private static func hasController(_ name: String) throws -> Bool {
        try CgroupHierarchy.current(withRoots: true).trees.contains { $0.controllers.contains(name) || $0.isUnified }
    }

    @Test func aWorkloadBeyondItsMemoryIsKilledAndToldWhy() throws {
        guard try Self.hasController("memory") else { return }
        let report = try Probe.run("foreground", "memory=24", "allocate=200")
        #expect(report.value("status") == "137", "\(report)")
        #expect(report.value("explanation")?.contains("out of memory") == true)
    }

    @Test func aWorkloadGetsItsShareOfTheCPU() throws {
        guard try Self.hasController("cpu") else { return }
        // A fifth of a CPU: 200 ms of work take at least 600.
        let start = Clocks.now(.monotonic)
        let report = try Probe.run("foreground", "cpus=200", "spin=200")
        #expect(report.value("status") == "0", "\(report)")
        #expect(Clocks.now(.monotonic) - start > 600_000_000)
    }
}
