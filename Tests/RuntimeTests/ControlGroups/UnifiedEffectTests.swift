import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "what limits of version 2 do to a container",
    .enabled(if: UnifiedGroup.has("cpu", "memory", "pids"), "\(UnifiedGroup.isMissing)"), .timeLimit(.minutes(5)))
struct UnifiedEffectTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test func whoTakesMoreMemoryThanItsLimitIsKilled() throws {
        let container = try runtime.bundle(.native, "allocate", "128") {
            $0.linux["resources"] = ["memory": ["limit": 33_554_432, "swap": 33_554_432]]
        }
        let outcome = try container.run()
        #expect(outcome.code == 137, "\(outcome)")
        #expect(container.cgroups().isEmpty)
    }

    @Test func aLackOfMemoryIsAnEvent() throws {
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["resources"] = ["memory": ["limit": 33_554_432, "swap": 33_554_432]]
        }
        _ = try container.launch()
        let events = try container.start("events", ["--interval", "100ms"])
        defer { events.kill() }
        #expect(events.wrote(#""type":"stats""#))
        let greedy = try container("exec", then: ["/guest", "allocate", "128"])
        #expect(greedy.code == 137, "\(greedy)")
        #expect(events.wrote(#""type":"oom""#), "\(events.output)")
        #expect(try container.status() == "running")
        #expect(try container.group().counter("oom_kill", in: "memory.events") == 1)
    }

    @Test func tasksBeyondTheLimitAreRefused() throws {
        let container = try runtime.bundle(.native, "fork") { $0.linux["resources"] = ["pids": ["limit": 10]] }
        let created = try container.launch()
        #expect(created.lines.first == "9", "the first process is the tenth: \(created)")
        let event = try JSONNode(reading: Array(container("events", "--stats").output.utf8))
        let tasks: UInt64 = try event.required("data").required("pids").required("current").integer()
        #expect(tasks == 10)
    }

    @Test func aQuotaOfTimeIsKept() throws {
        let container = try runtime.bundle(.native, "spin") {
            $0.linux["resources"] = ["cpu": ["quota": 10_000, "period": 100_000]]
        }
        _ = try container.launch()
        let group = try container.group()
        #expect(Machine.wait { (group.counter("nr_throttled", in: "cpu.stat") ?? 0) > 3 }, "\(group("cpu.stat"))")
    }

    @Test(arguments: [true, false]) func devicesThatNoRuleAllowsCannotBeOpened(isAllowed: Bool) throws {
        // The node is there in both cases: the rule alone decides.
        let node: JSONValue = ["path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 438]
        let container = try runtime.bundle(.native, "write", "/dev/kmsg", "martlet was here") {
            $0.linux["devices"] = .array([node])
            $0.linux["resources"] = [
                "devices": [
                    ["allow": false, "access": "rwm"],
                    ["allow": .bool(isAllowed), "type": "c", "major": 1, "minor": 11, "access": "w"],
                ]
            ]
        }
        let outcome = try container.run()
        #expect(outcome.code == (isAllowed ? 0 : 1), "EPERM is 1: \(outcome)")
    }

    @Test(arguments: Guest.allCases) func aFrozenGroupStandsStill(guest: Guest) throws {
        let container = try runtime.bundle(guest, "spin")
        _ = try container.launch()
        let group = try container.group()
        #expect(try container("pause").code == 0)
        #expect(group("cgroup.freeze") == "1" && group.counter("frozen", in: "cgroup.events") == 1)
        #expect(try container.status() == "paused")
        let refused = try container("exec", then: ["/guest", "args"])
        #expect(refused.code != 0 && refused.error.contains("paused"), "\(refused)")
        #expect(try container("resume").code == 0)
        #expect(group("cgroup.freeze") == "0")
        #expect(try container("pause").code == 0)
        #expect(try container("delete", "--force").code == 0)
        #expect(!Machine.exists(group.directory))
    }

    @Test func whoEntersIsInTheGroup() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let outcome = try container("exec", then: ["/guest", "read", "/proc/self/cgroup"])
        let line = "0::\(try container.group().path)\n"
        #expect(outcome.output == line, "\(outcome)")
        let running = try container.start("exec", then: ["/guest", "rest"])
        #expect(running.wrote("ready"))
        let group = try container.group()
        #expect(group("cgroup.procs").split(separator: "\n").count == 2)
        #expect(try container("kill", "--all", then: ["KILL"]).code == 0)
        #expect(try running.wait().code == 137)
    }
}
