import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: sockets and files of the runtime's that others can reach (CVE-2020-15257, 2024-25621).
@Suite(
    "What the runtime keeps is its user's only", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
final class PrivatePlaceTests {
    let runtime: Runtime
    let zygote: Zygote

    init() throws {
        runtime = try Runtime()
        zygote = try Zygote(runtime)
    }

    deinit { zygote.running.kill() }

    /// Every process that belongs to the test: by its command, or below one that does.
    private func processes(_ container: Container) throws -> [OtherProcess] {
        let mark = runtime.folder.lastPathComponent
        let ours = Set(OtherProcess.all.filter { $0("cmdline").contains(mark) || $0("environ").contains(mark) })
        let below = OtherProcess.all.filter { process in ours.contains { $0.number == process.parent } }
        let first = OtherProcess(try container.process())
        return ours.union(below).union([first]).filter { $0.number != Processes.current }
    }

    /// Create, start, exec, a zygote, a console's socket and a service manager's: all at once, in the host's network and in
    /// one of its own.
    @Test(arguments: Guest.allCases, [false, true])
    func nothingListensInTheAbstractNamespace(guest: Guest, hasOwnNetwork: Bool) throws {
        let manager = runtime.path("manager.sock")
        let socket = try DatagramSockets.bind(at: manager)
        let container = try runtime.bundle(guest, "rest") {
            $0.process["terminal"] = true
            let network = hasOwnNetwork ? ["network"] : []
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount"] + network)
        }
        let console = runtime.path("console.sock")
        let receiver = try Running.start(
            [Guest.built.get().appendingPathComponent("console").path, console, "typed"], in: runtime.folder)
        defer { receiver.kill() }
        #expect(Machine.wait { Machine.exists(console) })
        var seen: [OtherProcess] = []
        func look() throws {
            for process in try processes(container) {
                seen.append(process)
                #expect(process.abstractSockets.isEmpty, "\(process): \(process.descriptors)")
            }
        }
        let words = [
            "create", "--bundle", container.bundle, "--zygote", zygote.socket, "--console-socket", console,
            container.id,
        ]
        let created = try Running.start(
            [runtime.martlet] + runtime.options + words,
            environment: Environment.all + ["NOTIFY_SOCKET=\(manager)"], in: runtime.folder
        ).wait()
        try #require(created.code == 0, "\(created)")
        try look()
        let starting = try container.start("start")
        #expect(receiver.wrote("ready"), "\(receiver.output)")
        try look()
        let executed = try container.start("exec", then: ["/guest", "rest"])
        #expect(executed.wrote("ready"))
        try look()
        #expect(seen.contains { $0.number == zygote.process } && seen.contains { $0.number == executed.process })
        #expect(try container("delete", "--force").code == 0)
        _ = try starting.wait()
        _ = try executed.wait()
        _ = consume socket
    }

    /// A guest that listens there is found by the same look.
    @Test func whatListensThereIsSeen() throws {
        let container = try runtime.bundle(.native, "abstract", "name-\(UUID().uuidString.prefix(8))")
        _ = try container.launch()
        let process = OtherProcess(try container.process())
        #expect(process.abstractSockets.count == 1)
    }

    private func expectPrivate(_ directory: String, atLeast count: Int) throws {
        var paths = [""]
        paths += FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        #expect(paths.count >= count, "\(paths)")
        for path in paths {
            // Somebody may be done with it by now.
            guard let status = try? FileStatus.of("\(directory)/\(path)") else { continue }
            #expect(status.permissions & 0o077 == 0, "\(path) has \(String(status.permissions, radix: 8))")
        }
    }

    /// A file mode mask that takes nothing away: the modes are martlet's own.
    @Test(arguments: Guest.allCases, [false, true])
    func stateAndSocketsAreOfOneUserOnly(guest: Guest, isByZygote: Bool) throws {
        func masked(_ words: [String]) throws -> Outcome {
            let command = ([runtime.martlet] + runtime.options + words).joined(separator: " ")
            return try runtime.other("/bin/sh", "-c", "umask 0; exec \(command)")
        }
        let options = ["--zygote", isByZygote ? zygote.socket : "none"]
        let container = try runtime.bundle(guest, "rest")
        let created = try masked(["create", "--bundle", container.bundle] + options + [container.id])
        try #require(created.code == 0, "\(created)")
        try expectPrivate(runtime.stateDirectory, atLeast: 3)
        #expect(try masked(["start", container.id]).code == 0)
        #expect(created.of.wrote("ready"))
        let executed = try masked(["exec", "--detach", container.id, "/guest", "rest"])
        #expect(executed.code == 0, "\(executed)")
        try expectPrivate(runtime.stateDirectory, atLeast: 3)
        let background = try runtime.bundle(guest, "rest")
        #expect(try masked(["run", "--detach", "--bundle", background.bundle] + options + [background.id]).code == 0)
        try expectPrivate(runtime.stateDirectory, atLeast: 6)
        // Ended: what a zygote puts on record of it is there, too.
        for ended in [container, background] { #expect(try ended("kill", then: ["KILL"]).code == 0) }
        if isByZygote {
            let record = "\(runtime.stateDirectory)/\(background.id)/exit.json"
            #expect(Machine.wait { Machine.exists(record) })
        }
        try expectPrivate(runtime.stateDirectory, atLeast: 6)
        try expectPrivate(runtime.path("zygote"), atLeast: 2)
    }
}
