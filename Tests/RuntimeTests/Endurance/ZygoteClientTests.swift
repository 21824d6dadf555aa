import Foundation
import JSON
import SystemCalls
import Testing

/// Who a zygote serves, and what those whom it serves see of it: nothing.
@Suite("Clients of the zygote", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(5)))
final class ZygoteClientTests {
    let runtime: Runtime
    let socket: String
    let zygote: Running

    init() throws {
        runtime = try Runtime()
        socket = runtime.path("zygote/socket")
        zygote = try Running.start(
            [runtime.martlet, "zygote", "--socket", socket, "--debug"], in: runtime.folder)
        let socket = socket
        guard Machine.wait(until: { Machine.exists(socket) }) else {
            throw Running.TookTooLong(description: "no socket: \(zygote.error)")
        }
    }

    deinit { zygote.kill() }

    private func run(as wrapper: [String], _ container: Container) throws -> Outcome {
        let words = [runtime.martlet] + runtime.options + ["run", "--zygote", socket, "--bundle", container.bundle]
        return try Running.start(wrapper + words + [container.id], in: runtime.folder).wait()
    }

    @Test(arguments: [
        ["setpriv", "--no-new-privs"], ["setpriv", "--bounding-set", "-net_raw"], ["unshare", "--mount"],
        ["unshare", "--uts"], ["setpriv", "--regid", "1", "--clear-groups"], ["nice", "-n", "5"],
        ["ionice", "-c", "3"], ["choom", "-n", "300", "--"],
    ])
    func whoHasLessOrIsElsewhereStartsAlone(wrapper: [String]) throws {
        guard let program = Machine.program(wrapper[0]) else { return Machine.skip("no \(wrapper[0]) here") }
        let outcome = try run(as: [program] + wrapper.dropFirst(), runtime.bundle(.wasm, "exit", "9"))
        #expect(outcome.code == 9, "\(outcome)")
        #expect(zygote.error.contains("declined a client"), "\(zygote.error)")
    }

    @Test func whoIsLikeItIsServed() throws {
        #expect(try run(as: [], runtime.bundle(.wasm, "exit", "8")).code == 8)
        #expect(zygote.error.isEmpty, "\(zygote.error)")
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
        let parent = try #require(Self.parent(of: process))
        #expect(Self.parent(of: parent) == zygote.process)
        try Processes.kill(parent, Signal.kill)
        #expect(try running.wait().code == 1)
        #expect(try container.status() == "running")
        #expect(Machine.wait { Self.parent(of: process) == self.zygote.process })
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
        #expect(Machine.wait { children.count == 2 })
        let waiting = children
        // One that ended would have been replaced by now.
        Thread.sleep(forTimeInterval: 1.5)
        #expect(children == waiting && waiting.count == 2)
        #expect(try runtime.bundle(.wasm, "exit", "0").run("--zygote", socket).code == 0)
        #expect(Machine.wait { children.count == 2 && children != waiting })
    }

    private var children: Set<Int32> {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return Set(processes.filter { Self.parent(of: $0) == zygote.process })
    }

    private static func parent(of process: Int32) -> Int32? {
        let text = Machine.text(of: "/proc/\(process)/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }
}
