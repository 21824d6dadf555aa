import Foundation
import JSON
import SystemCalls
import Testing

@Suite("The zygote", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(10)))
final class ZygoteTests {
    let runtime: Runtime
    var zygote: Zygote
    var socket: String { zygote.socket }

    init() throws {
        runtime = try Runtime()
        zygote = try Zygote(runtime)
    }

    deinit { zygote.running.kill() }

    private var descriptors: Int { OtherProcess(zygote.process).descriptors.count }

    /// Once the processes that wait in it are complete again: each is two descriptors.
    private var descriptorsAtRest: Int {
        Thread.sleep(forTimeInterval: 0.3)
        return descriptors
    }

    private var pages: Int {
        Int(Machine.text(of: "/proc/\(zygote.process)/statm").split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    @Test func itsSocketIsItsUsersOnly() throws {
        #expect(try FileStatus.of(socket).permissions == 0o600)
        #expect(try FileStatus.of(runtime.path("zygote")).permissions == 0o700)
    }

    @Test func psShowsWhatRunsInAContainer() throws {
        let byZygote = ["--zygote", socket]
        // The last one is longer than the command line of the runtime, and than that of the zygote.
        for words in [["rest"], ["rest", "two  blanks"], ["rest"] + (0..<100).map { "word-\($0)" }] {
            for options in [[], byZygote] {
                let container = try runtime.bundle(.wasm) { $0.arguments += words }
                let created = try container.start("create", ["--bundle", container.bundle] + options).wait()
                try #require(created.code == 0, "\(created)")
                try #require(container("start").code == 0)
                #expect(created.of.wrote("ready"))
                let shown = try runtime.other("/bin/ps", "-ww", "-o", "args=", "-p", "\(container.process())").output
                let expected = ([Guest.wasm.path] + words).joined(separator: " ")
                let line = String(shown.dropLast())
                if words.count < 3 { #expect(line == expected) }
                #expect(expected.hasPrefix(line) && line.count > 25 || line == expected, "\(line)")
                #expect(!line.contains(container.bundle))
                #expect(Machine.text(of: "/proc/\(try container.process())/comm") == "guest.wasm\n")
                #expect(try container("delete", "--force").code == 0)
            }
        }
        #expect(Machine.text(of: "/proc/\(zygote.process)/cmdline").contains("zygote\0--socket"))
    }

    @Test(arguments: Guest.allCases) func whatItStartsIsLikeWhatOthersStart(guest: Guest) throws {
        let run = try runtime.bundle(guest, "exit", "42").run("--zygote", socket)
        #expect(run.code == 42, "\(run)")
        let container = try runtime.bundle(guest, "rest")
        let created = try container.create("--zygote", socket)
        try #require(created.code == 0, "\(created)")
        #expect(try container.status() == "created")
        #expect(try container("start").code == 0)
        #expect(created.of.wrote("ready"))
        #expect(try container("exec", then: [guest.path, "exit", "3"]).code == 3)
        let deleted = try container("delete", "--force")
        #expect(deleted.code == 0, "\(deleted)")
        #expect(Machine.wait { Census(runtime, ids: [container.id]).cgroups.isEmpty })
    }

    @Test func itsDeathHarmsNoContainerAndItStartsAnew() throws {
        let container = try runtime.bundle(.wasm, "rest")
        try #require(container.create("--zygote", socket).code == 0)
        try #require(container("start").code == 0)
        try Processes.kill(zygote.process, Signal.kill)
        _ = try zygote.running.wait()
        #expect(try container.status() == "running")
        let without = try runtime.bundle(.wasm, "exit", "4").run("--zygote", socket)
        #expect(without.code == 4, "without a zygote everything works the same: \(without)")
        zygote = try Zygote(runtime)
        #expect(try runtime.bundle(.wasm, "exit", "5").run("--zygote", socket).code == 5)
        #expect(try container.status() == "running")
        #expect(try container("delete", "--force").code == 0)
    }

    @Test func malformedRequestsAreRefusedAndForgotten() throws {
        let run = { try self.runtime.bundle(.wasm, "exit", "6").run("--zygote", self.socket).code }
        #expect(try run() == 6)
        let before = descriptorsAtRest
        for seed in 1...4 {
            let attacker = try Running.start(
                [Guest.built.get().appendingPathComponent("packets").path, socket, "500", "\(seed)"], in: runtime.folder
            )
            let outcome = try attacker.wait()
            #expect(outcome.code == 0 && (Int(outcome.lines.first ?? "") ?? 0) > 100, "\(outcome)")
        }
        #expect(try run() == 6)
        #expect(Machine.wait { descriptors <= before }, "\(before) before, \(descriptors) after")
    }

    @Test func killedClientsAndContainersLeaveNothingInIt() throws {
        #expect(try runtime.bundle(.wasm, "exit", "0").run("--zygote", socket).code == 0)
        let before = descriptorsAtRest
        var containers: [Container] = []
        for moment in 0..<KillMomentTests.moments {
            let container = try runtime.bundle(moment % 2 == 0 ? .wasm : .native, "rest")
            containers.append(container)
            let verb = moment % 3 == 0 ? "create" : "run"
            let running = try container.start(verb, ["--bundle", container.bundle, "--zygote", socket])
            Thread.sleep(forTimeInterval: 0.03 * Double(moment) / Double(KillMomentTests.moments))
            try? Processes.kill(running.process, Signal.kill)
            _ = try running.wait()
            _ = try container("delete", "--force")
        }
        try expectRemoved(containers)
        #expect(Machine.wait { descriptors <= before }, "\(before) before, \(descriptors) after")
        #expect(try runtime.bundle(.wasm, "exit", "7").run("--zygote", socket).code == 7)
    }

    /// Those that work for clients, and those that wait: each is killed, at any moment of a start.
    @Test(arguments: Guest.allCases) func killedHelpersLeaveNothingThatDeleteDoesNotRemove(guest: Guest) throws {
        #expect(try runtime.bundle(guest, "exit", "0").run("--zygote", socket).code == 0)
        var containers: [Container] = []
        for moment in 0..<KillMomentTests.moments {
            let container = try runtime.bundle(guest, "rest")
            containers.append(container)
            let options = moment % 2 == 0 ? ["--detach"] : []
            let running = try container.start("run", ["--bundle", container.bundle, "--zygote", socket] + options)
            Thread.sleep(forTimeInterval: 0.03 * Double(moment) / Double(KillMomentTests.moments))
            for child in zygote.children { try? Processes.kill(child, Signal.kill) }
            try expectEnd(of: running, container)
        }
        try expectRemoved(containers)
        #expect(try runtime.bundle(guest, "exit", "7").run("--zygote", socket).code == 7)
    }

    /// Its own end comes at any moment, too.
    @Test func aKilledZygoteLeavesNothingThatDeleteDoesNotRemove() throws {
        var containers: [Container] = []
        for moment in 0..<8 {
            let container = try runtime.bundle(moment % 2 == 0 ? .wasm : .native, "rest")
            containers.append(container)
            let options = moment % 4 < 2 ? ["--detach"] : []
            let running = try container.start("run", ["--bundle", container.bundle, "--zygote", socket] + options)
            Thread.sleep(forTimeInterval: 0.004 * Double(moment))
            try? Processes.kill(zygote.process, Signal.kill)
            _ = try zygote.running.wait()
            try expectEnd(of: running, container)
            try FileManager.default.removeItem(atPath: socket)
            zygote = try Zygote(runtime)
        }
        try expectRemoved(containers)
    }

    /// A client whom nobody served has made its container itself, and stays as long as that one.
    private func expectEnd(of client: Running, _ container: Container) throws {
        let isEnded = try Machine.wait {
            _ = try container("delete", "--force")
            return OtherProcess(client.process)("stat").contains(") Z ")
        }
        #expect(isEnded, "\(client.words)")
        _ = try client.wait()
    }

    /// What worked for a client learns of its end in its own time.
    private func expectRemoved(_ containers: [Container]) throws {
        var census = Census(runtime, ids: [])
        let isRemoved = try Machine.wait {
            let codes = try containers.map { try $0("delete", "--force").code }
            census = Census(runtime, ids: containers.map(\.id))
            census.processes = census.processes.filter { !$0.contains(" zygote ") }
            let isEmpty = [census.processes, census.mounts, census.cgroups, census.files].allSatisfy(\.isEmpty)
            return isEmpty && codes.allSatisfy { $0 == 0 } && zygote.children.count <= 2
        }
        #expect(isRemoved, "\(census)")
    }

    @Test func lifecyclesDoNotGrowIt() throws {
        let container = try runtime.bundle(.wasm, "exit", "0")
        for _ in 0..<20 { #expect(try container.run("--zygote", socket).code == 0) }
        let (files, memory) = (descriptorsAtRest, pages)
        for _ in 0..<GrowthTests.count { _ = try container.run("--zygote", socket) }
        #expect(descriptorsAtRest <= files && pages <= memory + 32)
        print("the zygote after \(GrowthTests.count): \(descriptors) descriptors, \(pages) pages; \(memory) before")
    }
}
