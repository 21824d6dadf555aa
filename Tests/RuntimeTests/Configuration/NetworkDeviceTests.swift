import Foundation
import JSON
import SystemCalls
import Testing

/// `linux.netDevices`, with pairs of virtual devices in a network namespace of each test's own, which stands for the host's.
@Suite(
    "Network devices of the host become the container's",
    .enabled(if: Machine.isRoot && Machine.makesNetworkDevices, "needs root, iproute2 and veth devices"),
    .timeLimit(.minutes(3)))
struct NetworkDeviceTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    /// Runs a container in a namespace with the devices `one` and `other`, and says what is there after it.
    private func run(_ container: Container, prepare: String = "true", after: String = "true") throws -> Outcome {
        let martlet = ([runtime.martlet] + runtime.options).joined(separator: " ")
        let script = """
            ip link set lo up; ip link add one type veth peer name other; ip link set one address 02:00:00:00:00:07 mtu 1400
            \(prepare)
            \(martlet) run --bundle \(container.bundle) \(container.id); code=$?
            \(after)
            exit $code
            """
        return try runtime.other(Machine.program("unshare") ?? "unshare", "--net", "/bin/sh", "-c", script)
    }

    private func container(
        _ devices: JSONValue, _ words: String..., change: (inout BundleConfiguration) -> Void = { _ in }
    ) throws -> Container {
        try runtime.bundle(.native) {
            $0.arguments += words
            $0.linux["netDevices"] = devices
            change(&$0)
        }
    }

    @Test func aDeviceMovesWithItsPropertiesAndComesUp() throws {
        let seen = runtime.path("seen")
        let container = try container(["one": [:]], "exit", "0") {
            // A program of the host's looks into the container.
            let process = "$(grep -o '\"pid\": *[0-9]*' | grep -o '[0-9]*')"
            $0.others["hooks"] = [
                "createRuntime": [
                    BundleConfiguration.hook("nsenter --net=/proc/\(process)/ns/net ip address show >\(seen)")
                ]
            ]
        }
        let outcome = try run(
            container,
            prepare: """
                ip address add 192.0.2.7/24 dev one; ip address add 2001:db8::7/64 dev one nodad; ip link set other up
                ip address add 192.0.2.8/24 dev one valid_lft 1000 preferred_lft 1000
                ip link set one up; ip address add 192.0.2.9/24 scope link dev one
                """, after: "ip link show one")
        #expect(outcome.code == 0, "\(outcome)")
        let text = Machine.text(of: seen)
        for part in ["one@", "mtu 1400", "02:00:00:00:00:07", "192.0.2.7/24", "2001:db8::7/64", "UP"] {
            #expect(text.contains(part), "\(part): \(text) \(outcome)")
        }
        #expect(!text.contains("192.0.2.8"), "an address that ends: \(text)")
        #expect(!text.contains("192.0.2.9"), "an address for this link: \(text)")
        #expect(outcome.error.contains("does not exist"), "virtual devices end with the container: \(outcome)")
    }

    @Test func aDeviceGetsAnotherName() throws {
        for (name, found) in [("inside", "inside:"), ("net%d", "net0:")] {
            let container = try container(["one": ["name": .string(name)]], "read", "/proc/net/dev")
            let outcome = try run(container)
            #expect(outcome.code == 0 && outcome.output.contains(found), "\(outcome)")
            #expect(!outcome.output.contains("one:"), "\(outcome)")
        }
    }

    @Test func aGuestsContainerGetsItToo() throws {
        let container = try runtime.bundle(.wasm, "exit", "0") { $0.linux["netDevices"] = ["one": [:]] }
        let outcome = try run(container, after: "ip link show one")
        #expect(outcome.code == 0 && outcome.error.contains("does not exist"), "\(outcome)")
    }

    @Test func whatCannotBeMovedIsNamed() throws {
        for (devices, field) in [
            (["absent": [:]] as JSONValue, "linux.netDevices.absent:"),
            (["one": ["name": "lo"]], "linux.netDevices.one:"),
            (["other": [:], "one": ["name": "lo"]], "linux.netDevices.one:"),
            (["lo": ["name": "other"]], "linux.netDevices.lo:"),
        ] {
            let container = try container(devices, "exit", "0")
            let outcome = try run(container, prepare: "ip link set one up", after: "ip link show one")
            #expect(outcome.code != 0 && outcome.error.contains(field), "\(outcome)")
            #expect(try container("state").code != 0, "nothing is left")
            if !field.contains("one") || devices == ["one": ["name": "lo"]] {
                #expect(outcome.output.contains("one@") && outcome.output.contains("UP"), "as it was: \(outcome)")
            }
        }
    }

    @Test func aNamespaceThatWasThereBeforeKeepsTheDevice() throws {
        let container = try container(["one": [:]], "exit", "0") {
            $0.linux["namespaces"] = [
                ["type": "mount"], ["type": "pid"], ["type": "network", "path": .string("/proc/self/fd/9")],
            ]
        }
        // The other namespace lives as long as the process that made it.
        let outcome = try run(
            container, prepare: "unshare --net sleep 30 & sleep 0.3; exec 9</proc/$!/ns/net",
            after: "nsenter --net=/proc/$!/ns/net ip link show one; kill $!")
        #expect(outcome.code == 0 && outcome.output.contains("one@"), "\(outcome)")
    }
}

extension Machine {
    fileprivate static let makesNetworkDevices: Bool = {
        guard program("ip") != nil, let unshare = program("unshare") else { return false }
        let words = [unshare, "--net", "ip", "link", "add", "one", "type", "veth", "peer", "name", "other"]
        return (try? Running.unheard(words)) == 0
    }()
}
