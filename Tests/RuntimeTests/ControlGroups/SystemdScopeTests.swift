import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "scopes of the machine's systemd",
    .enabled(if: Systemd.isHere && UnifiedGroup.has("memory", "pids"), "\(Systemd.isMissing)"),
    .timeLimit(.minutes(5)))
struct SystemdScopeTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime(options: ["--systemd-cgroup"]) }

    /// A container in a scope below two slices, with limits.
    private func bundle(_ guest: Guest, _ word: String = "rest") throws -> Container {
        try runtime.bundle(guest, word) {
            let name = UUID().uuidString.prefix(8).lowercased()
            $0.linux["cgroupsPath"] = .string("mrtest-inner.slice:mr:\(name)")
            $0.linux["resources"] = [
                "cpu": ["shares": 512, "quota": 50_000, "period": 100_000, "cpus": "0"],
                "memory": ["limit": 268_435_456, "reservation": 134_217_728, "swap": 268_435_456],
                "pids": ["limit": 50],
            ]
        }
    }

    @Test(arguments: Guest.allCases) func aScopeIsMadeChangedAndRemoved(guest: Guest) throws {
        let container = try bundle(guest)
        _ = try container.launch()
        let group = try container.group()
        let scope = Systemd(unit: String(group.path.split(separator: "/").last ?? ""))
        #expect(group.path.hasPrefix("/mrtest.slice/mrtest-inner.slice/mr-") && group.path.hasSuffix(".scope"))
        #expect(scope("Slice") == "mrtest-inner.slice" && scope("ActiveState") == "active")
        #expect(scope("Delegate") == "yes" && scope("ControlGroup") == group.path)
        #expect(scope("MemoryMax") == "268435456" && group("memory.max") == "268435456")
        #expect(scope("MemoryLow") == "134217728" && group("memory.low") == "134217728")
        #expect(scope("MemorySwapMax") == "0" && group("memory.swap.max") == "0")
        #expect(scope("TasksMax") == "50" && group("pids.max") == "50")
        #expect(scope("CPUWeight") == "59" && group("cpu.weight") == "59")
        #expect(scope("CPUQuotaPerSecUSec") == "500ms" && group("cpu.max") == "50000 100000")
        #expect(scope("AllowedCPUs") == "0" && group("cpuset.cpus") == "0")

        let changed = try container(
            "update", "--memory", "134217728", "--memory-swap", "134217728", "--pids-limit", "60")
        #expect(changed.code == 0, "\(changed)")
        #expect(scope("MemoryMax") == "134217728" && group("memory.max") == "134217728")
        #expect(scope("TasksMax") == "60" && group("pids.max") == "60")

        #expect(try runtime.other("/usr/bin/systemctl", "daemon-reload").code == 0)
        #expect(group("memory.max") == "134217728" && group("cpu.max") == "50000 100000")
        #expect(try container.status() == "running")

        #expect(try container("pause").code == 0)
        #expect(try container.status() == "paused")
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.exists(group.directory))
        #expect(scope("LoadState") == "not-found", "\(scope("ActiveState"))")
    }

    @Test func whomSystemdStopsHasStopped() throws {
        let container = try bundle(.native, "answer")
        let created = try container.launch()
        let scope = Systemd(unit: String(try container.group().path.split(separator: "/").last ?? ""))
        #expect(try runtime.other("/usr/bin/systemctl", "stop", scope.unit).code == 0)
        #expect(try container.becomes("stopped"))
        // TERM, and CONT behind it, whose handler is the first to run when both are there.
        #expect(created.output.contains("signal "), "\(created)")
        #expect(try container("delete").code == 0)
    }

    @Test func whoEntersIsInTheScope() throws {
        let container = try bundle(.native)
        _ = try container.launch()
        let outcome = try container("exec", then: ["/guest", "read", "/proc/self/cgroup"])
        #expect(outcome.output == "0::\(try container.group().path)\n", "\(outcome)")
    }

    @Test func aLackOfMemoryEndsTheContainerAndLeavesNoUnit() throws {
        let container = try runtime.bundle(.native, "allocate", "128") {
            $0.linux["resources"] = ["memory": ["limit": 33_554_432, "swap": 33_554_432]]
        }
        let outcome = try container.run()
        #expect(outcome.code == 137, "\(outcome)")
        let scope = Systemd(unit: "martlet-\(container.id).scope")
        #expect(Machine.wait { scope("LoadState") == "not-found" }, "\(scope("ActiveState"))")
    }

    @Test func aDeviceThatNoRuleAllowsStaysShutAfterAReload() throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["devices"] = [["path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 438]]
            $0.linux["resources"] = ["devices": [["allow": false, "access": "rwm"]]]
        }
        _ = try container.launch()
        #expect(try runtime.other("/usr/bin/systemctl", "daemon-reload").code == 0)
        let outcome = try container("exec", then: ["/guest", "write", "/dev/kmsg", "martlet was here"])
        #expect(outcome.code == 1, "EPERM is 1: \(outcome)")
    }

    @Test func annotationsBecomeProperties() throws {
        let runtime = try Runtime(
            options: ["--systemd-cgroup", "--allow-annotations", "org.systemd.property.*"])
        let container = try runtime.bundle(.native, "rest") {
            $0.others["annotations"] = [
                "org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.Description": "'mine'",
            ]
        }
        _ = try container.launch()
        let scope = Systemd(unit: "martlet-\(container.id).scope")
        #expect(scope("TimeoutStopUSec") == "7s" && scope("Description") == "mine")
        #expect(scope("Slice") == "system.slice")
    }

    @Test func whatSystemdRefusesIsTold() throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.others["annotations"] = ["org.systemd.property.Nonsense": "true"]
        }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.contains("Nonsense"), "\(outcome)")
        #expect(container.cgroups().isEmpty)
    }
}

/// A unit of the machine's systemd.
struct Systemd {
    let unit: String

    static let isHere = Machine.isRoot && Machine.exists("/run/systemd/system")
    static let isMissing = "root and a machine that systemd started are needed"

    /// A property of it, as `systemctl show` prints it.
    func callAsFunction(_ property: String) -> String {
        let scratch = FileManager.default.temporaryDirectory
        let outcome = try? Running.start(
            ["/usr/bin/systemctl", "show", "--property", property, "--value", unit], in: scratch
        ).wait()
        defer { if let outcome { try? FileManager.default.removeItem(at: outcome.of.folder) } }
        return outcome?.output.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }
}
