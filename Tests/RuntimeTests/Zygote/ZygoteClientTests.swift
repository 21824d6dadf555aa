import Foundation
import JSON
import SystemCalls
import Testing

/// Who a zygote serves, and what those whom it serves see of it: nothing.
@Suite("Clients of the zygote", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(5)))
final class ZygoteClientTests {
    let runtime: Runtime
    let zygote: Zygote
    var socket: String { zygote.socket }

    init() throws {
        runtime = try Runtime()
        zygote = try Zygote(runtime, "--debug")
    }

    deinit { zygote.running.kill() }

    private func run(as wrapper: [String], _ container: Container) throws -> Outcome {
        let words = [runtime.martlet] + runtime.options + ["run", "--zygote", socket, "--bundle", container.bundle]
        return try Running.start(wrapper + words + [container.id], in: runtime.folder).wait()
    }

    @Test(arguments: [
        ["setpriv", "--no-new-privs"], ["setpriv", "--bounding-set", "-net_raw"], ["unshare", "--mount"],
        ["unshare", "--uts"], ["setpriv", "--regid", "1", "--clear-groups"], ["nice", "-n", "5"],
        ["ionice", "-c", "3"], ["choom", "-n", "300", "--"], ["chrt", "--batch", "0"],
    ])
    func whoHasLessOrIsElsewhereStartsAlone(wrapper: [String]) throws {
        guard let program = Machine.program(wrapper[0]) else { return Machine.skip("no \(wrapper[0]) here") }
        let outcome = try run(as: [program] + wrapper.dropFirst(), runtime.bundle(.wasm, "exit", "9"))
        #expect(outcome.code == 9, "\(outcome)")
        #expect(zygote.running.error.contains("declined a client"), "\(zygote.running.error)")
    }

    /// No file of /proc tells of such rules, and they let him connect.
    @Test func whoIsConfinedByRulesStartsAlone() throws {
        let wrapper = try Guest.built.get().appendingPathComponent("landlocked").path
        if try Running.start([wrapper, "/bin/true"], in: runtime.folder).wait().code == 125 {
            return Machine.skip("no Landlock here")
        }
        let outcome = try run(as: [wrapper], runtime.bundle(.wasm, "exit", "9"))
        // Alone he can't mount anything.
        #expect(outcome.code == 1 && outcome.error.contains("mount"), "\(outcome)")
        #expect(zygote.running.error.contains("may not look into this process"), "\(zygote.running.error)")
    }

    @Test func whoIsLikeItIsServed() throws {
        #expect(try run(as: [], runtime.bundle(.wasm, "exit", "8")).code == 8)
        #expect(zygote.running.error.isEmpty, "\(zygote.running.error)")
    }

    @Test(arguments: Guest.allCases) func failuresAreToldByTheClient(guest: Guest) throws {
        let container = try runtime.bundle(guest, "exit", "0") { $0.arguments = ["/missing.wasm"] }
        let log = runtime.path("log-\(guest)")
        let words = ["--log", log, "--log-format", "json", "run", "--bundle", container.bundle, container.id]
        let alone = try runtime.start(words + []).wait()
        let served = try runtime.start(words.dropLast() + ["--zygote", socket, container.id]).wait()
        #expect(served.code == alone.code && served.code == 1)
        #expect(served.error == alone.error && !served.error.isEmpty)
        let lines = Machine.lines(of: log)
        #expect(lines.count == 2)
        for line in lines { #expect(try JSONValue(reading: Array(line.utf8))["level"] == "error") }
    }

    @Test func signalsReachTheGuestThroughIt() throws {
        let container = try runtime.bundle(.wasm, "rest")
        let running = try container.start("run", ["--bundle", container.bundle, "--zygote", socket])
        #expect(running.wrote("ready"))
        try Processes.kill(running.process, Signal.terminate)
        let direct = try runtime.bundle(.wasm, "rest")
        let other = try direct.start("run", ["--bundle", direct.bundle, "--zygote", "none"])
        #expect(other.wrote("ready"))
        try Processes.kill(other.process, Signal.terminate)
        let served = try running.wait()
        let alone = try other.wait()
        #expect(served.code == 143 && alone.code == 143, "\(served)\n\(alone)")
    }

    @Test func aKilledProcessOfItsLeavesAContainerThatCanBeDeleted() throws {
        let container = try runtime.bundle(.wasm, "rest")
        let running = try container.start("run", ["--bundle", container.bundle, "--zygote", socket])
        #expect(running.wrote("ready"))
        let process = try container.process()
        let parent = try #require(OtherProcess(process).parent)
        #expect(OtherProcess(parent).parent == zygote.process)
        try Processes.kill(parent, Signal.kill)
        #expect(try running.wait().code == 1)
        #expect(try container.status() == "running")
        #expect(Machine.wait { OtherProcess(process).parent == self.zygote.process })
        #expect(try container("delete", "--force").code == 0)
        #expect(try runtime.bundle(.wasm, "exit", "3").run("--zygote", socket).code == 3)
    }

    @Test func itRecordsHowADetachedContainerEnded() throws {
        let container = try runtime.bundle(.native, "rest")
        #expect(try container.run("--detach", "--zygote", socket).code == 0)
        #expect(try container("kill", then: ["KILL"]).code == 0)
        let file = "\(runtime.stateDirectory)/\(container.id)/exit.json"
        #expect(Machine.wait { Machine.exists(file) && !Machine.text(of: file).isEmpty })
        #expect(try JSONValue(reading: Array(Machine.text(of: file).utf8))["exitCode"] == 137)
        #expect(try container("delete").code == 0)
    }

    @Test func aSecondZygoteDoesNotTakeTheSocketFromTheFirst() throws {
        let second = try Running.start([runtime.martlet, "zygote", "--socket", socket], in: runtime.folder).wait()
        #expect(second.code != 0 && second.error.contains("socket"), "\(second)")
        #expect(try runtime.bundle(.wasm, "exit", "2").run("--zygote", socket).code == 2)
    }

    @Test func twoProcessesWaitInItUntilTheyAreNeeded() throws {
        #expect(try runtime.bundle(.wasm, "exit", "0").run("--zygote", socket).code == 0)
        #expect(Machine.wait { zygote.children.count == 2 })
        let waiting = zygote.children
        // One that ended would have been replaced by now.
        Thread.sleep(forTimeInterval: 1.5)
        #expect(zygote.children == waiting && waiting.count == 2)
        #expect(try runtime.bundle(.wasm, "exit", "0").run("--zygote", socket).code == 0)
        #expect(Machine.wait { zygote.children.count == 2 && zygote.children != waiting })
    }
}
