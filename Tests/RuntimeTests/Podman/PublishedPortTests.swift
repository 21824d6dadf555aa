import Foundation
import SystemCalls
import Testing

@Suite(
    "podman run -p", .enabled(if: Machine.isRoot && Podman.program != nil, "\(Podman.isMissing)"),
    .enabled(if: NetworkOfItsOwn.isPossible, "unshare, nsenter or busybox isn't installed"),
    .enabled(if: Podman.hasBridges, "netavark or iptables isn't installed"), .timeLimit(.minutes(3)))
final class PublishedPortTests {
    let folder: URL
    private let network: NetworkOfItsOwn
    private let podman: Podman

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mn-\(UUID().uuidString.prefix(8))")
        network = try NetworkOfItsOwn(in: folder)
        podman = try Podman(in: network)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A native program binds its port. A guest of preview 1 can't: the annotation says which one it is given.
    @Test(arguments: Guest.allCases) func aPortOfTheContainersIsReachedFromOutside(guest: Guest) throws {
        let image = try podman.build(guest)
        let id: String
        do {
            id = try podman.launch(
                "--publish", "17001:7001", "--annotation", "dev.martlet.ports=7001:7001", image: image,
                ["serve", "7001"], network: "bridge")
        } catch let error as Running.TookTooLong where error.description.contains("Error: netavark") {
            return Machine.skip("a published port: the kernel has no bridges or tables for it: \(error)")
        }
        for address in ["127.0.0.1", "10.88.0.1"] {
            var answer = ""
            let isAnswered = try Machine.wait {
                answer = try network.ask(address, 17001, "typed")
                return answer == "typed\n"
            }
            #expect(isAnswered, "\(address): \(answer)")
        }
        #expect(try network.ask("127.0.0.1", 7001, "typed").isEmpty, "only what is published is reached")
        #expect(try podman("port", id).output == "7001/tcp -> 0.0.0.0:17001\n")
        #expect(try podman("rm", "--force", "--time", "0", id).code == 0)
        #expect(try network.ask("127.0.0.1", 17001, "typed").isEmpty)
    }

    /// Without the annotation a guest has no socket, whatever the engine maps.
    @Test func aGuestHasNoPortThatNobodyGaveIt() throws {
        let image = try podman.build(.wasm)
        let outcome = try podman.start(
            ["run", "--rm", "--publish", "17001:7001"] + Podman.limits + [image, "serve", "7001"]
        ).wait(seconds: 60)
        #expect(outcome.code != 0, "\(outcome)")
    }
}
