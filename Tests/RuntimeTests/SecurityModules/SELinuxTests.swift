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

    @Test(arguments: Guest.allCases) func aLabelThatThePolicyLacksIsRefused(guest: Guest) throws {
        let process = try runtime.bundle(guest, "args") { $0.process["selinuxLabel"] = "a:b:c:s0" }.run()
        #expect(process.code != 0 && process.error.contains("process.selinuxLabel"), "\(process)")
        let mount = try runtime.bundle(.native, "args") { $0.linux["mountLabel"] = "a:b:c:s0" }.run()
        #expect(mount.code != 0 && mount.error.contains("linux.mountLabel"), "\(mount)")
    }
}
