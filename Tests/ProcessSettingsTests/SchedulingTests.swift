import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct SchedulingTests {
    @Test(.enabled(if: Machine.isRoot)) func theSchedulerIsAsAsked() throws {
        // Fields 19, 40 and 41 of /proc/self/stat: nice, real-time priority, policy.
        let script = "cut -d' ' -f19,40,41 /proc/self/stat; ionice"
        let batch = try ProbeProcess.run(
            configuration(
                process: shell(
                    script, ("scheduler", ["policy": "SCHED_BATCH", "nice": 5]),
                    ("ioPriority", ["class": "IOPRIO_CLASS_BE", "priority": 3]))))
        #expect(batch.lines == ["5 0 3", "best-effort: prio 3"], "\(batch)")
        let idle = try ProbeProcess.run(
            configuration(
                process: shell(
                    script, ("scheduler", ["policy": "SCHED_IDLE", "flags": ["SCHED_FLAG_RESET_ON_FORK"]]),
                    ("ioPriority", ["class": "IOPRIO_CLASS_IDLE", "priority": 0]))))
        #expect(idle.lines.last == "idle", "\(idle)")
    }

    @Test(.enabled(if: Machine.isRoot)) func aSchedulerThatTheKernelRefusesIsNamed() throws {
        let report = try ProbeProcess.run(
            configuration(process: process(status, ("scheduler", ["policy": "SCHED_OTHER", "priority": 5]))))
        #expect(report.value("error")?.hasPrefix("process.scheduler: sched_setattr: ") == true, "\(report)")
    }

    @Test(arguments: [
        (0, 20_000_000, 0, "runtime"), (1023, 20_000_000, 0, "runtime"), (2048, 0, 0, "deadline"),
        (3000, 2999, 0, "deadline"), (2048, 4096, 4095, "period"),
    ]) func aDeadlineThatCannotBeNamesWhatIsWrong(runtime: Int64, deadline: Int64, period: Int64, field: String) throws
    {
        let asked: JSONValue = [
            "policy": "SCHED_DEADLINE", "runtime": .integer(runtime), "deadline": .integer(deadline),
            "period": .integer(period),
        ]
        let report = try ProbeProcess.run(configuration(process: process(status, ("scheduler", asked))))
        #expect(report.value("error")?.hasPrefix("process.scheduler.\(field): ") == true, "\(report)")
    }

    @Test func processorsAreForExecOnly() throws {
        let asked: JSONValue = ["initial": "0", "final": "0"]
        let file = configuration(process: process(status, ("execCPUAffinity", asked)))
        let allowed = try ProbeProcess.run(file).value("Cpus_allowed_list", ":")
        #expect(try ProbeProcess.run(file, "exec").value("Cpus_allowed_list", ":") == "0")
        let count = try ProcessAttributes.affinity().reduce(0) { $0 + $1.nonzeroBitCount }
        if count > 1 { #expect(allowed != "0") }
    }

    @Test func aBindingOfTheRuntimeIsNotTheContainers() throws {
        let report = try ProbeProcess.run(
            configuration(process: process(status)), under: ["/usr/bin/taskset", "-c", "0"])
        let count = try ProcessAttributes.affinity().reduce(0) { $0 + $1.nonzeroBitCount }
        if count > 1 { #expect(report.value("Cpus_allowed_list", ":") != "0", "\(report)") }
    }

    @Test func thePersonalityIsAsAsked() throws {
        let report = try ProbeProcess.run(
            configuration(
                process: process(["cat", "/proc/self/personality"]), linux: ["personality": ["domain": "LINUX32"]]))
        #expect(report.text == "00000008\n", "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func theMemoryPolicyIsAsAsked() throws {
        let report = try ProbeProcess.run(
            configuration(
                process: shell("head -1 /proc/self/numa_maps"),
                linux: ["memoryPolicy": ["mode": "MPOL_BIND", "nodes": "0"]]))
        // A kernel without NUMA has neither the call nor the file.
        let hasNone = report.text.contains("ENOSYS") || report.text.contains("No such file")
        #expect(hasNone || report.text.contains("bind:0") || report.text.isEmpty, "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func theOutOfMemoryScoreIsRaised() throws {
        let report = try ProbeProcess.run(
            configuration(process: process(["cat", "/proc/self/oom_score_adj"], ("oomScoreAdj", 500))))
        #expect(report.text == "500\n", "\(report)")
    }

    @Test func aScoreThatCanNotBeLoweredIsAnErrorOrForRootlessAWarning() throws {
        let file = configuration(process: process(["cat", "/proc/self/oom_score_adj"], ("oomScoreAdj", -900)))
        let wrapper = Machine.isRoot ? ["/usr/bin/setpriv", "--bounding-set=-sys_resource", "--inh-caps=-all"] : []
        let report = try ProbeProcess.run(file, under: wrapper)
        if report.text == "-900\n" { return }
        #expect(report.value("error")?.hasPrefix("process.oomScoreAdj: lowering it from ") == true, "\(report)")
        let rootless = try ProbeProcess.run(file, "rootless", under: wrapper)
        #expect(rootless.value("warning")?.hasPrefix("process.oomScoreAdj: -900 needs CAP_SYS_RESOURCE") == true)
        #expect(rootless.end == .exited(.code(0)))
    }
}
