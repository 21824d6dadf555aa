import Foundation
import JSON
import SystemCalls
import Testing

@Suite("sd_notify", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
final class NotifyTests {
    let runtime: Runtime
    /// The service manager's socket.
    private let manager: OwnedDescriptor
    private let address: String

    private static let place = "/run/notify"
    /// More than the one word that is passed on.
    private static let chatter = "STATUS=soon\nMAINPID=1\nFDSTORE=1"

    init() throws {
        runtime = try Runtime()
        address = runtime.path("manager.sock")
        manager = try DatagramSockets.bind(at: address)
    }

    private func start(_ words: String..., address: String? = nil) throws -> Running {
        let variables = Environment.all.filter { !$0.hasPrefix("NOTIFY_SOCKET=") }
        return try Running.start(
            [runtime.martlet] + runtime.options + words,
            environment: variables + ["NOTIFY_SOCKET=\(address ?? self.address)"], in: runtime.folder)
    }

    /// What the manager is told next; nil when it is nothing for a while.
    private func heard(_ socket: borrowing OwnedDescriptor, seconds: UInt64 = 10) throws -> String? {
        var requests = [PollRequest(socket.rawValue, .readable)]
        guard try Poll.wait(&requests, timeout: seconds * 1_000_000_000) > 0 else { return nil }
        return String(decoding: try LocalSockets.receive(socket.rawValue, limit: 4096).bytes, as: UTF8.self)
    }

    private func heard(seconds: UInt64 = 10) throws -> String? { try heard(manager, seconds: seconds) }

    @Test(arguments: [0, 1000]) func startWaitsUntilTheContainerIsReady(user: Int64) throws {
        let container = try runtime.bundle(.native, "notify", Self.chatter, "STATUS=up\nREADY=1") {
            $0.process["user"] = ["uid": .integer(user), "gid": .integer(user)]
        }
        let created = try start("create", "--bundle", container.bundle, container.id).wait()
        try #require(created.code == 0, "\(created)")
        let starting = try start("start", container.id)
        #expect(try heard() == "READY=1")
        #expect(try heard() == "MAINPID=\(try container.process())")
        #expect(try heard() == "BARRIER=1")
        #expect(try starting.wait().code == 0)
        #expect(try container.status() == "running")
        #expect(try container("delete", "--force").code == 0)
        #expect(Census(runtime, ids: [container.id]).files.isEmpty)
    }

    @Test func othersMayWorkOnAContainerThatIsNotReady() throws {
        let container = try runtime.bundle(.native, "notify", Self.chatter, "STOPPING=1")
        try #require(start("create", "--bundle", container.bundle, container.id).wait().code == 0)
        let starting = try start("start", container.id)
        #expect(try container.becomes("running"))
        #expect(try container("exec", then: ["/guest", "exit", "3"]).code == 3)
        #expect(try container("delete", "--force").code == 0)
        #expect(try starting.wait().code == 0, "the end of the container ends the wait")
        #expect(try heard(seconds: 0) == nil)
    }

    @Test func aDetachedRunWaitsAsWell() throws {
        let container = try runtime.bundle(.native, "notify", Self.chatter, "READY=1")
        let running = try start("run", "--detach", "--bundle", container.bundle, container.id)
        #expect(try heard() == "READY=1")
        #expect(try heard() == "MAINPID=\(try container.process())")
        #expect(try heard() == "BARRIER=1")
        #expect(try running.wait().code == 0)
    }

    @Test func aRunInTheForegroundStaysTheMainProcess() throws {
        let container = try runtime.bundle(.native, "notify", Self.chatter, "READY=1")
        let running = try start("run", "--bundle", container.bundle, container.id)
        #expect(try heard() == "READY=1")
        #expect(try heard(seconds: 1) == nil)
        // A signal is passed on, as to every other container.
        try Processes.kill(running.process, Signal.hangUp)
        #expect(try container("kill", then: ["KILL"]).code == 0)
        #expect(try running.wait().code == 137)
    }

    @Test func aManagerWhomNobodyFindsIsSaidAndHarmsNobody() throws {
        let name = "mr-\(UUID().uuidString)"
        let container = try runtime.bundle(.wasm, "rest")
        let running = try start(
            "run", "--detach", "--bundle", container.bundle, container.id, address: "@\(name)")
        let outcome = try running.wait()
        #expect(outcome.code == 0 && outcome.error.contains("NOTIFY_SOCKET"), "\(outcome)")
        #expect(try container.status() == "running")
    }

    @Test func aGuestIsReadyWhenItBegins() throws {
        let container = try runtime.bundle(.wasm, "rest")
        try #require(start("create", "--bundle", container.bundle, container.id).wait().code == 0)
        let starting = try start("start", container.id)
        #expect(try heard() == "READY=1")
        #expect(try heard() == "MAINPID=\(try container.process())")
        #expect(try heard() == "BARRIER=1")
        #expect(try starting.wait().code == 0)
        let variables = try runtime.bundle(.wasm, "env")
        let seen = try start("run", "--bundle", variables.bundle, variables.id).wait()
        #expect(seen.code == 0 && !seen.output.contains("NOTIFY_SOCKET"), "\(seen)")
    }

    @Test func theContainerFindsItsSocketAndCanNotChangeThePlace() throws {
        let listing = try runtime.bundle(.native, "list", Self.place)
        #expect(try start("run", "--bundle", listing.bundle, listing.id).wait().lines == ["notify.sock"])
        let writing = try runtime.bundle(.native, "write", "\(Self.place)/other", "x")
        #expect(try start("run", "--bundle", writing.bundle, writing.id).wait().code == 30)
        let variables = try runtime.bundle(.native, "env")
        let seen = try start("run", "--bundle", variables.bundle, variables.id).wait()
        #expect(seen.lines.contains("NOTIFY_SOCKET=\(Self.place)/notify.sock"), "\(seen)")
        // Without a manager there is nothing of the kind.
        let alone = try runtime.bundle(.native, "list", Self.place)
        #expect(try alone.run().code != 0)
    }

    @Test func aSocketOfTheConfigurationStaysWhatItIs() throws {
        let container = try runtime.bundle(.native, "env") { $0.environment.append("NOTIFY_SOCKET=/own") }
        let seen = try start("run", "--bundle", container.bundle, container.id).wait()
        #expect(seen.lines.filter { $0.hasPrefix("NOTIFY_SOCKET") } == ["NOTIFY_SOCKET=/own"], "\(seen)")
    }
}
