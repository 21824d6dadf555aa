import Foundation
import JSON
import SystemCalls
import Testing

/// martlet is killed at any moment of what it does; `delete --force` has to remove whatever is left.
@Suite("SIGKILL at any moment", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(10)))
struct KillMomentTests {
    /// Moments for each of the eight cases of two commands, and a third of them for each where one command does it all:
    /// MARTLET_KILL_MOMENTS=200 tries 200 of each, which takes minutes.
    static let moments = Int(Environment.value("MARTLET_KILL_MOMENTS") ?? "") ?? 25

    enum Verb: String, CaseIterable, Sendable {
        case create, start, exec, delete, run, runDetached

        var moments: Int {
            switch self {
            case .create, .start, .exec, .delete: KillMomentTests.moments
            case .run, .runDetached: KillMomentTests.moments / 3 + 1
            }
        }
    }

    @Test(arguments: Verb.allCases, Guest.allCases) func nothingStaysThatDeleteDoesNotRemove(verb: Verb, guest: Guest)
        throws
    {
        let runtime = try Runtime()
        let length = try duration(of: verb, runtime, guest)
        var left: [String] = []
        for moment in 0..<verb.moments {
            let container = try runtime.bundle(guest, "rest")
            try prepare(container, for: verb)
            let running = try begin(verb, container)
            // A little beyond the usual end, since a run takes longer than another.
            Thread.sleep(forTimeInterval: length * 1.2 * Double(moment) / Double(verb.moments))
            try? Processes.kill(running.process, Signal.kill)
            _ = try running.wait()
            try expectDescribed(container)
            let deleted = try container("delete", "--force")
            #expect(deleted.code == 0, "moment \(moment) of \(verb): \(deleted)")
            try? FileManager.default.removeItem(atPath: container.bundle)
            // What a killed process had is given back by the kernel in its own time.
            var census: Census?
            let isGone = Machine.wait(seconds: 3) {
                let found = Census(runtime, ids: [container.id])
                census = found
                return found.isEmpty
            }
            if !isGone { left.append("moment \(moment) of \(verb), \(guest): \(census?.description ?? "")") }
        }
        #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
    }

    /// The init of a container is killed while it is being made: create has to end with an error and leave nothing.
    @Test(arguments: Guest.allCases) func theProcessInsideIsKilledWhileItIsMade(guest: Guest) throws {
        let runtime = try Runtime()
        let length = try duration(of: .create, runtime, guest)
        for moment in 0..<Self.moments {
            let container = try runtime.bundle(guest, "rest")
            let running = try begin(.create, container)
            Thread.sleep(forTimeInterval: length * Double(moment) / Double(Self.moments))
            for child in Machine.text(of: "/proc/\(running.process)/task/\(running.process)/children").split(
                separator: " ")
            {
                if let child = Int32(child) { try? Processes.kill(child, Signal.kill) }
            }
            _ = try running.wait()
            #expect(try container("delete", "--force").code == 0)
            try? FileManager.default.removeItem(atPath: container.bundle)
            var census = Census(runtime, ids: [container.id])
            #expect(
                Machine.wait(seconds: 3) {
                    census = Census(runtime, ids: [container.id])
                    return census.isEmpty
                }, "moment \(moment): \(census)")
        }
    }

    /// A module that nobody has compiled yet is compiled by two more processes.
    @Test func nobodyGoesOnCompilingForWhoWasKilled() throws {
        let runtime = try Runtime()
        let store = try runtime.directory("store")
        let container = try runtime.bundle(.wasm) { $0.arguments = ["/many.wat"] }
        let functions = String(repeating: "(func)", count: 300_000)
        try Data("(module \(functions) (func (export \"_start\")))".utf8)
            .write(to: URL(fileURLWithPath: "\(container.root)/many.wat"))
        let words = [runtime.martlet] + runtime.options + ["--image-store", store, "create", "-b", container.bundle]
        let running = try Running.start(words + [container.id], in: runtime.folder)
        var workers: [Int32] = []
        let isCompiling = Machine.wait {
            workers = Self.descendants(of: running.process)
            return workers.contains { Machine.text(of: "/proc/\($0)/cmdline").contains("internal-compile") }
        }
        try #require(isCompiling, "\(workers)")
        try Processes.kill(running.process, Signal.kill)
        _ = try running.wait()
        // Of one that has ended and isn't reaped yet there are no words.
        let areGone = Machine.wait(seconds: 3) {
            !workers.contains { !Machine.text(of: "/proc/\($0)/cmdline").isEmpty }
        }
        #expect(areGone, "\(workers)")
        #expect(try container("delete", "--force").code == 0)
    }

    private static func descendants(of process: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        let children = tasks.flatMap { task in
            Machine.text(of: "/proc/\(process)/task/\(task)/children").split(separator: " ").compactMap { Int32($0) }
        }
        return children + children.flatMap(descendants)
    }

    /// What is left is described by state, or isn't there.
    private func expectDescribed(_ container: Container) throws {
        let outcome = try container("state")
        guard outcome.code == 0 else { return #expect(outcome.lines.isEmpty && !outcome.error.isEmpty, "\(outcome)") }
        let status = try JSONNode(reading: Array(outcome.output.utf8)).required("status").string()
        #expect(["creating", "created", "running", "stopped"].contains(status))
    }

    private func prepare(_ container: Container, for verb: Verb) throws {
        switch verb {
        case .create, .run, .runDetached: break
        case .start: _ = try container.create()
        case .exec: _ = try container.launch()
        case .delete:
            _ = try container.launch()
            try container("kill", then: ["KILL"])
            _ = try container.becomes("stopped")
        }
    }

    private func begin(_ verb: Verb, _ container: Container) throws -> Running {
        switch verb {
        case .create: try container.start("create", ["--bundle", container.bundle])
        case .start: try container.start("start")
        case .exec: try container.start("exec", then: ["/guest", "exit", "0"])
        case .delete: try container.start("delete")
        case .run: try container.start("run", ["--bundle", container.bundle])
        case .runDetached: try container.start("run", ["--bundle", container.bundle, "--detach"])
        }
    }

    /// How long a verb takes here, in seconds.
    private func duration(of verb: Verb, _ runtime: Runtime, _ guest: Guest) throws -> Double {
        let container = try runtime.bundle(guest, "rest")
        try prepare(container, for: verb)
        let began = Date()
        let running = try begin(verb, container)
        if verb == .run { _ = running.wrote("ready") } else { _ = try running.wait() }
        let length = Date().timeIntervalSince(began)
        if verb == .run { running.kill() }
        try container("delete", "--force")
        return length
    }
}
