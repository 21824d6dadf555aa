import Foundation
import JSON
import SystemCalls
import Testing

/// Descriptors that go from a caller to a container, and one that comes back.
@Suite("Descriptors handed over", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct HandoverTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// Runs martlet by a shell that opened descriptors for it.
    private func shell(_ preparation: String, _ words: [String]) throws -> Outcome {
        let command = ([runtime.martlet] + runtime.options + words).joined(separator: " ")
        return try runtime.other("/bin/sh", "-c", "\(preparation); exec \(command)")
    }

    private static let threeFiles = "exec 3</etc/passwd 4</etc/group 5</etc/hostname"

    @Test func socketsOfAServiceManagerAreForWhomTheyAreMeant() throws {
        for (process, isMeant) in [("$$", true), ("1", false), ("", false)] {
            let container = try runtime.bundle(.native, "descriptors")
            let preparation = "\(Self.threeFiles); export LISTEN_FDS=2 LISTEN_PID=\(process)"
            let outcome = try shell(preparation, ["run", "--bundle", container.bundle, container.id])
            let numbers = outcome.lines.compactMap { $0.split(separator: " ").first }
            #expect(
                numbers == (isMeant ? ["0", "1", "2", "3", "4"] : ["0", "1", "2"]), "LISTEN_PID=\(process): \(outcome)")
            let variables = try runtime.bundle(.native, "env")
            let seen = try shell(preparation, ["run", "--bundle", variables.bundle, variables.id]).lines
            #expect(seen.contains("LISTEN_FDS=2") == isMeant && seen.contains("LISTEN_PID=1") == isMeant, "\(seen)")
        }
    }

    @Test func preservedOnesComeBehindTheSockets() throws {
        let container = try runtime.bundle(.native, "descriptors")
        let outcome = try shell(
            "\(Self.threeFiles); export LISTEN_FDS=1 LISTEN_PID=$$",
            ["run", "--preserve-fds", "2", "--bundle", container.bundle, container.id])
        #expect(outcome.lines.contains("3 /etc/passwd") && outcome.lines.contains("5 /etc/hostname"), "\(outcome)")
    }

    @Test(arguments: Guest.allCases) func numbersThatTheCallerLeftFreeStayFree(guest: Guest) throws {
        let container = try runtime.bundle(guest, "descriptors")
        let outcome = try shell(
            "exec 4</etc/group", ["run", "--preserve-fds", "20", "--bundle", container.bundle, container.id])
        let numbers = outcome.lines.compactMap { $0.split(separator: " ").first }
        // A guest's own root is its descriptor 3.
        #expect(numbers == (guest == .native ? ["0", "1", "2", "4"] : ["0", "1", "2", "3"]), "\(outcome)")
        let rest = try runtime.bundle(.native, "rest")
        _ = try rest.launch()
        let executed = try shell(
            "exec 4</etc/group", ["exec", "--preserve-fds", "9", rest.id, "/guest", "descriptors"])
        #expect(executed.lines.compactMap { $0.split(separator: " ").first } == ["0", "1", "2", "4"], "\(executed)")
    }

    private struct Sent: ~Copyable {
        let kind: String
        let process: OwnedDescriptor
    }

    /// Takes what comes by the socket of `--pidfd-socket`.
    private func received(_ listener: borrowing OwnedDescriptor) throws -> Sent {
        let connection = try Sockets.accept(listener.rawValue, nonBlocking: false)
        var message = try LocalSockets.receive(connection.rawValue, limit: 64, descriptorLimit: 1)
        let number = try #require(message.descriptors.release().first)
        return Sent(
            kind: String(decoding: message.bytes, as: UTF8.self), process: OwnedDescriptor(adopting: number))
    }

    @Test(arguments: Guest.allCases, ["create", "run"]) func aDescriptorOfTheProcessIsSent(
        guest: Guest, verb: String
    ) throws {
        let path = runtime.path("pidfd.sock")
        let listener = try LocalSockets.listen(at: path)
        let container = try runtime.bundle(guest, "rest")
        let words = [verb, "--bundle", container.bundle, "--pidfd-socket", path] + (verb == "run" ? ["--detach"] : [])
        let outcome = try runtime.start(words + [container.id]).wait()
        try #require(outcome.code == 0, "\(outcome)")
        let first = try received(listener)
        #expect(first.kind == "standard")
        if verb == "create" { #expect(try container("start").code == 0) }
        let executed = try container("exec", "--detach", "--pidfd-socket", path, then: [guest.path, "rest"])
        #expect(executed.code == 0, "\(executed)")
        let second = try received(listener)
        #expect(second.kind == "setns")
        try Processes.signal(second.process.rawValue, Signal.kill)
        #expect(try container.status() == "running")
        try Processes.signal(first.process.rawValue, Signal.kill)
        #expect(try container.becomes("stopped"))
    }

    @Test func aSocketOnWhichNobodyListensIsRefused() throws {
        let container = try runtime.bundle(.native, "rest")
        let outcome = try container.create("--pidfd-socket", runtime.path("absent"))
        #expect(outcome.code == 1 && outcome.error.contains("--pidfd-socket"), "\(outcome)")
        #expect(Census(runtime, ids: [container.id]).files.isEmpty && container.cgroups().isEmpty)
    }
}
