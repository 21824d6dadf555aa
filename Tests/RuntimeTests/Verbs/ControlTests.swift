import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "pause, resume, update, events, spec, features", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct ControlTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(.enabled(if: Machine.has(controller: "freezer"), "no freezer here"), arguments: Guest.allCases)
    func aPausedContainerDoesNothingUntilItIsResumed(guest: Guest) throws {
        let container = try runtime.bundle(guest, "spin")
        _ = try container.launch()
        let process = try container.process()
        #expect(try container("pause").code == 0)
        #expect(try container.status() == "paused")
        let used = { Machine.text(of: "/proc/\(process)/stat").split(separator: " ").dropFirst(13).first }
        let before = used()
        Thread.sleep(forTimeInterval: 0.3)
        #expect(used() == before)
        #expect(try container("resume").code == 0)
        #expect(try container.status() == "running")
        #expect(Machine.wait { used() != before })
        #expect(try container("pause").code == 0)
        #expect(try container("delete", "--force").code == 0, "frozen processes end, too")
        #expect(container.cgroups().isEmpty)
    }

    /// As with runc: in a pid namespace of its own the kernel sees to it.
    @Test(arguments: [false, true]) func killedIsEveryProcessOfTheContainer(firstIsGone: Bool) throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["network", "ipc", "uts", "mount"])
        }
        _ = try container.launch()
        let file = runtime.path("pid")
        #expect(try container("exec", "--detach", "--pid-file", file, then: ["/guest", "rest"]).code == 0)
        let second = try #require(Int32(Machine.text(of: file)))
        let first = try container.process()
        if firstIsGone {
            try Processes.kill(first, Signal.kill)
            #expect(try container.becomes("stopped"))
        }
        #expect(Machine.exists("/proc/\(second)/exe"))
        #expect(try container("kill", then: ["KILL"]).code == 0)
        #expect(Machine.wait { !Machine.exists("/proc/\(second)/exe") }, "the other one, too")
        #expect(try container.becomes("stopped"))
        #expect(try container("kill", then: ["KILL"]).code != 0, "nobody is left")
    }

    /// CRI-O writes them for every container that nobody gave any.
    @Test(arguments: Guest.allCases) func limitsOfZeroAreNone(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") {
            $0.linux["resources"] = [
                "memory": ["limit": 0], "cpu": ["shares": 0, "quota": 0, "period": 0], "pids": ["limit": -1],
            ]
        }
        _ = try container.launch()
        #expect(try container.status() == "running")
    }

    @Test(.enabled(if: Machine.has(controller: "memory") && !Machine.isUnified, "no memory controller of version 1"))
    func limitsAreSetAndChanged() throws {
        let container = try runtime.bundle(.wasm, "rest") {
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "cpu": ["shares": 512], "pids": ["limit": 50]]
        }
        _ = try container.launch()
        let value = { (file: String) in
            container.cgroups().map { Machine.text(of: "\($0)/\(file)") }.first { !$0.isEmpty }
        }
        #expect(value("memory.limit_in_bytes") == "67108864\n")
        #expect(value("cpu.shares") == "512\n")
        #expect(value("pids.max") == "50\n")
        #expect(
            try container("update", "--memory", "134217728", "--cpu-shares", "1024", "--pids-limit", "60").code == 0)
        #expect(value("memory.limit_in_bytes") == "134217728\n")
        #expect(value("cpu.shares") == "1024\n")
        #expect(value("pids.max") == "60\n")
        let file = try runtime.file("resources.json", #"{"cpu": {"shares": 256}}"#)
        #expect(try container("update", "--resources", file).code == 0)
        #expect(value("cpu.shares") == "256\n")
        let classless = try container("update", "--l3-cache-schema", "L3:0=f")
        #expect(classless.code != 0 && classless.error.contains("linux.intelRdt"), "\(classless)")
        let refused = try container("update", "--memory", "lots")
        #expect(refused.code != 0 && refused.error.contains("memory"), "\(refused)")
    }

    @Test func eventsAreCounted() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let outcome = try container("events", "--stats")
        let event = try JSONNode(reading: Array(outcome.output.utf8))
        #expect(try event.required("type").string() == "stats" && event.required("id").string() == container.id)
        #expect(try event.required("data").optional("pids") != nil, "\(outcome)")
    }

    @Test func aSpecificationIsWrittenOnceAndRuns() throws {
        let folder = try runtime.directory("fresh")
        #expect(try runtime("spec", "--bundle", folder).code == 0)
        let specification = try JSONNode(reading: Array(Machine.text(of: "\(folder)/config.json").utf8))
        #expect(try specification.required("process").required("args").strings() == ["sh"])
        #expect(try runtime("spec", "--bundle", folder).code != 0, "an existing file stays")
    }

    @Test func featuresAreDescribed() throws {
        let features = try JSONNode(reading: Array(runtime("features").output.utf8))
        #expect(try features.required("ociVersionMin").string().hasPrefix("1."))
        #expect(try features.required("hooks").strings().count == 6)
        #expect(try features.required("linux").required("namespaces").strings().contains("network"))
    }
}
