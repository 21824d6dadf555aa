import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "process.selinuxLabel and linux.mountLabel",
    .enabled(
        if: Machine.isRoot && Machine.exists("/sys/fs/selinux/policyvers"),
        "root and a kernel with SELinux's policy are needed"),
    .timeLimit(.minutes(5)))
struct SELinuxTests {
    let runtime: Runtime
    /// A domain that every policy of Debian's has.
    private static let label = "system_u:system_r:initrc_t:s0"
    private static let mountLabel = "system_u:object_r:tmp_t:s0"

    init() throws { runtime = try Runtime() }

    @Test(arguments: Guest.allCases) func theProcessHasItsLabel(guest: Guest) throws {
        let container = try runtime.bundle(guest, "rest") { $0.process["selinuxLabel"] = .string(Self.label) }
        _ = try container.launch()
        let current = Machine.text(of: "/proc/\(try container.process())/attr/current")
        #expect(current.hasPrefix(Self.label), "\(current)")
    }

    @Test func whatIsMountedHasItsLabel() throws {
        let container = try runtime.bundle(.native, "rest") { $0.linux["mountLabel"] = .string(Self.mountLabel) }
        _ = try container.launch()
        let mounts = Machine.lines(of: "/proc/\(try container.process())/mountinfo")
        let device = mounts.first { $0.split(separator: " ").dropFirst(4).first == "/dev" }
        #expect(device?.contains("context=\(Self.mountLabel)") == true, "\(device ?? "no /dev")")
    }

    /// Each is one file system for the whole machine, of which another label is EBUSY, or the host's tree in its place.
    @Test func whatIsTheMachinesOwnKeepsItsLabels() throws {
        let groups: JSONValue = ["destination": "/sys/fs/cgroup", "type": "cgroup", "options": ["ro"]]
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["mountLabel"] = .string(Self.mountLabel)
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "network", "ipc", "mount", "cgroup"])
            $0.mounts += [["destination": "/sys", "type": "sysfs", "options": ["ro"]], groups]
        }
        _ = try container.launch()
        let mounts = Machine.lines(of: "/proc/\(try container.process())/mountinfo")
        let groupsLine = mounts.first { $0.split(separator: " ").dropFirst(4).first == "/sys/fs/cgroup" } ?? "none"
        // Its root is the container's group, as seen from here.
        #expect(groupsLine.contains("\(container.id) /sys/fs/cgroup ro") && groupsLine.contains(" - cgroup2 "))
        #expect(!groupsLine.contains("context="), "\(groupsLine)")
    }

    @Test func theRootOfMessageQueuesHasTheLabel() throws {
        let queues: JSONValue = ["destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue"]
        let container = try runtime.bundle(.native, "rest") {
            $0.linux["mountLabel"] = .string(Self.mountLabel)
            $0.mounts.append(queues)
        }
        _ = try container.launch()
        let label = try runtime.other(
            "/usr/bin/stat", "--format=%C", "/proc/\(try container.process())/root/dev/mqueue")
        #expect(label.output.hasPrefix(Self.mountLabel), "\(label)")
    }

    @Test(arguments: Guest.allCases) func aLabelThatThePolicyLacksIsRefused(guest: Guest) throws {
        let process = try runtime.bundle(guest, "args") { $0.process["selinuxLabel"] = "a:b:c:s0" }.run()
        #expect(process.code != 0 && process.error.contains("process.selinuxLabel"), "\(process)")
        let mount = try runtime.bundle(.native, "args") { $0.linux["mountLabel"] = "a:b:c:s0" }.run()
        #expect(mount.code != 0 && mount.error.contains("linux.mountLabel"), "\(mount)")
    }
}
