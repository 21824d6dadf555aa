import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: who is inside takes hold of what the runtime brings in: processes on their way in (CVE-2016-9962), and programs
/// of the image that the runtime starts.
@Suite(
    "Whoever enters a container brings nothing of the host", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"),
    .timeLimit(.minutes(3)))
struct EnteringTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// The root of a user namespace has all rights over whoever joins it, unless they refused to be traced before.
    @Test func noDescriptorIsStolenOnTheWayIntoAUserNamespace() throws {
        let container = try runtime.bundle(.native, "steal") {
            let all: JSONValue = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_CHROOT"]
            $0.process["capabilities"] = ["bounding": all, "effective": all, "permitted": all]
            $0.useOwnUserNamespace()
        }
        try container.giveFilesAway()
        let created = try container.launch()
        for _ in 0..<20 {
            let outcome = try container("exec", then: ["/guest", "exit", "0"])
            #expect(outcome.code == 0, "\(outcome)")
        }
        #expect(!created.output.contains("STOLEN"), "\(created.output)")
        #expect(created.output.contains("refused"), "the attacker has seen nobody: \(created.output)")
    }

    /// A hook inside of the container is a file of its root, which an image may have brought.
    @Test func aHookInsideHasTheRightsOfTheContainersProgram() throws {
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.others["hooks"] = ["startContainer": [["path": "/guest", "args": ["guest", "write", "/inside", "x"]]]]
        }
        let outcome = try container.run()
        #expect(outcome.code != 0 && outcome.error.contains("hooks.startContainer[0]"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: "\(container.root)/inside"))
        let root = try runtime.bundle(.native, "exit", "0") {
            $0.others["hooks"] = ["startContainer": [["path": "/guest", "args": ["guest", "make-device", "/node"]]]]
        }
        #expect(try root.run().code != 0)
        #expect(!FileManager.default.fileExists(atPath: "\(root.root)/node"))
    }
}
