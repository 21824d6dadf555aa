import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "limits in version 2 of control groups",
    .enabled(if: UnifiedGroup.has("cpu", "cpuset", "io", "memory", "pids", "hugetlb"), "\(UnifiedGroup.isMissing)"),
    .timeLimit(.minutes(5)))
struct UnifiedLimitTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// The first block device of the machine that throttles: its number, `254:0`.
    private static let disk: (major: Int64, minor: Int64)? = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
        let number = names.filter { $0.hasPrefix("vd") || $0.hasPrefix("sd") || $0.hasPrefix("nvme") }.sorted().first
            .map { Machine.text(of: "/sys/block/\($0)/dev").split { $0 == ":" || $0 == "\n" } }
        guard let number, number.count == 2, let major = Int64(number[0]), let minor = Int64(number[1]) else {
            return nil
        }
        return (major, minor)
    }()

    @Test(arguments: Guest.allCases) func everyLimitIsInTheTree(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") {
            $0.linux["resources"] = [
                "cpu": [
                    "shares": 512, "quota": 50_000, "period": 100_000, "burst": 10_000, "cpus": "0", "mems": "0",
                ],
                "memory": ["limit": 268_435_456, "reservation": 134_217_728, "swap": 301_989_888],
                "pids": ["limit": 50],
                "hugepageLimits": [["pageSize": "2MB", "limit": 4_194_304]],
                "unified": ["memory.high": "201326592", "cgroup.max.depth": "3"],
            ]
        }
        _ = try container.launch()
        let group = try container.group()
        #expect(group.path.hasSuffix("/\(container.id)"))
        #expect(group("cpu.weight") == "59")
        #expect(group("cpu.max") == "50000 100000")
        #expect(group("cpu.max.burst") == "10000")
        #expect(group("cpuset.cpus") == "0" && group("cpuset.cpus.effective") == "0")
        #expect(group("cpuset.mems") == "0")
        #expect(group("memory.max") == "268435456")
        #expect(group("memory.low") == "134217728")
        #expect(group("memory.swap.max") == "33554432")
        #expect(group("memory.high") == "201326592")
        #expect(group("pids.max") == "50")
        #expect(group("hugetlb.2MB.max") == "4194304")
        #expect(group("hugetlb.2MB.rsvd.max") == "4194304")
        #expect(group("cgroup.max.depth") == "3")
    }

    @Test func blockDevicesAreThrottledAndWeighed() throws {
        guard let disk = Self.disk else { return Machine.skip("no disk to throttle") }
        let rate: JSONValue = .array([
            ["major": .integer(disk.major), "minor": .integer(disk.minor), "rate": 1_048_576]
        ])
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["resources"] = [
                "blockIO": ["weight": 500, "throttleReadBpsDevice": rate, "throttleWriteIOPSDevice": rate]
            ]
        }
        _ = try container.launch()
        let group = try container.group()
        #expect(group("io.max") == "\(disk.major):\(disk.minor) rbps=1048576 wbps=max riops=max wiops=1048576")
        #expect(group("io.weight").hasPrefix("default ") || !group("io.bfq.weight").isEmpty)
    }

    @Test func limitsAreChanged() throws {
        let container = try runtime.bundle(.wasm, "rest") {
            $0.linux["resources"] = ["memory": ["limit": 268_435_456], "pids": ["limit": 50]]
        }
        _ = try container.launch()
        let group = try container.group()
        let changed = try container(
            "update", "--memory", "134217728", "--memory-swap", "150994944", "--memory-reservation", "67108864",
            "--cpu-shares", "1024", "--cpu-quota", "20000", "--cpu-period", "50000", "--cpuset-cpus", "0",
            "--pids-limit",
            "60")
        #expect(changed.code == 0, "\(changed)")
        #expect(group("memory.max") == "134217728")
        #expect(group("memory.swap.max") == "16777216")
        #expect(group("memory.low") == "67108864")
        #expect(group("cpu.weight") == "100")
        #expect(group("cpu.max") == "20000 50000")
        #expect(group("cpuset.cpus") == "0")
        #expect(group("pids.max") == "60")
        let file = try runtime.file(
            "resources.json", #"{"cpu": {"idle": 1}, "unified": {"memory.high": "100000000", "pids.max": "max"}}"#)
        let others = try container("update", "--resources", file)
        #expect(others.code == 0, "\(others)")
        #expect(group("cpu.idle") == "1")
        #expect(group("memory.high") == "99999744")
        #expect(group("pids.max") == "max")
        let unlimited = try container("update", "--memory", "-1", "--memory-swap", "-1", "--cpu-quota", "-1")
        #expect(unlimited.code == 0, "\(unlimited)")
        #expect(group("memory.max") == "max" && group("memory.swap.max") == "max")
        #expect(group("cpu.max") == "max 50000")
    }

    @Test(arguments: [
        ("memory.swappiness", #"{"memory": {"swappiness": 60}}"#), ("network.classID", #"{"network": {"classID": 5}}"#),
        ("unified.cgroup.procs", #"{"unified": {"cgroup.procs": "1"}}"#),
        ("hugepageLimits[0]", #"{"hugepageLimits": [{"pageSize": "3MB", "limit": 1}]}"#),
        ("cpu.realtimeRuntime", #"{"cpu": {"realtimeRuntime": 1000}}"#),
        ("cpu.cpus", #"{"cpu": {"cpus": "4000"}}"#),
        ("rdma.mlx9_0", #"{"rdma": {"mlx9_0": {"hcaHandles": 3}}}"#),
    ]) func whatVersionTwoCannotDoIsRefusedByItsField(field: String, resources: String) throws {
        let container = try runtime.bundle(.native, "args") {
            $0.linux["resources"] = try JSONNode(reading: Array(resources.utf8)).value
        }
        let outcome = try container.run()
        #expect(outcome.code != 0 && outcome.error.contains("linux.resources.\(field)"), "\(outcome)")
        #expect(container.cgroups().isEmpty)
    }

    @Test(arguments: Guest.allCases) func statisticsAreTold(guest: Guest) throws {
        let container = try runtime.bundle(guest, "spin") {
            $0.linux["resources"] = ["memory": ["limit": 268_435_456], "pids": ["limit": 50]]
        }
        _ = try container.launch()
        Thread.sleep(forTimeInterval: 0.5)
        let outcome = try container("events", "--stats")
        let data = try JSONNode(reading: Array(outcome.output.utf8)).required("data")
        let usage: UInt64 = try data.required("memory").required("usage").required("usage").integer()
        let limit: UInt64 = try data.required("memory").required("usage").required("limit").integer()
        let time: UInt64 = try data.required("cpu").required("usage").required("total").integer()
        let tasks: UInt64 = try data.required("pids").required("current").integer()
        #expect(usage > 0 && limit == 268_435_456 && tasks >= 1 && time > 100_000_000, "\(outcome)")
    }
}
