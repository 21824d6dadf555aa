import Foundation
import JSON
import SystemCalls
import Testing

/// SCMP_ACT_NOTIFY: an agent of the host's decides about system calls, those of hooks in the container, too.
@Suite("The listener of linux.seccomp", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct ListenerTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    private func container(_ guest: Guest, agent: String, hook: [String]) throws -> Container {
        try runtime.bundle(guest, "exit", "7") {
            $0.process["noNewPrivileges"] = true
            $0.linux["seccomp"] = [
                "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": .string(agent), "listenerMetadata": "meta",
                "syscalls": [["names": ["mknod", "mknodat"], "action": "SCMP_ACT_NOTIFY"]],
            ]
            $0.others["hooks"] = [
                "startContainer": [["path": "/guest", "args": BundleConfiguration.strings(["guest"] + hook)]]
            ]
        }
    }

    /// Takes a listener and lets it go at once: the calls that it was for fail from then on (ENOSYS).
    private func message(_ listener: borrowing OwnedDescriptor) throws -> JSONNode {
        let connection = try Sockets.accept(listener.rawValue, nonBlocking: false)
        let received = try LocalSockets.receive(connection.rawValue, limit: 1 << 16, descriptorLimit: 1)
        let count = received.descriptors.numbers.count
        #expect(count == 1)
        return try JSONNode(reading: received.bytes)
    }

    @Test(arguments: Guest.allCases) func startContainerHooksStandUnderTheFilter(guest: Guest) throws {
        let agent = runtime.path("agent")
        let listener = try LocalSockets.listen(at: agent)
        let container = try container(guest, agent: agent, hook: ["make-device", "/tmp/device"])
        let running = try container.start("run", ["--bundle", container.bundle])
        #expect(try message(listener).required("metadata").string() == "meta")
        let outcome = try running.wait()
        #expect(outcome.code == 1 && outcome.error.contains("hooks.startContainer[0]"), "\(outcome)")
        #expect(outcome.error.contains("exit status 38"), "\(outcome)")
        #expect(!Machine.exists("\(container.root)/tmp/device"))
    }

    @Test(arguments: Guest.allCases) func theProgramHasAListenerOfItsOwn(guest: Guest) throws {
        let agent = runtime.path("agent")
        let listener = try LocalSockets.listen(at: agent)
        let container = try container(guest, agent: agent, hook: ["exit", "0"])
        let running = try container.start("run", ["--bundle", container.bundle])
        for _ in 0..<2 {
            let message = try message(listener)
            #expect(try message.required("state").required("id").string() == container.id)
            #expect(try message.required("pid").integer(Int32.self) > 1)
        }
        #expect(try running.wait().code == 7)
    }
}
