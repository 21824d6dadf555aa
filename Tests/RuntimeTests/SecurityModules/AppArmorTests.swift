import Foundation
import JSON
import SystemCalls
import Testing

@Suite(
    "process.apparmorProfile",
    .enabled(if: AppArmor.isHere, "root and a kernel with AppArmor and its parser are needed"), .serialized,
    .timeLimit(.minutes(5)))
final class AppArmorTests {
    let runtime: Runtime
    let profile = "mr-test-\(Processes.current)"

    init() throws {
        runtime = try Runtime()
        try parse("--add")
    }

    deinit { try? parse("--remove") }

    /// A profile under which everything is allowed but one file.
    private func parse(_ what: String) throws {
        let text = """
            profile \(profile) flags=(attach_disconnected,mediate_deleted) {
              file, capability, network, signal, ptrace, unix, dbus, mount, umount, pivot_root,
              deny /tmp/secret rw,
            }
            """
        let outcome = try runtime.other("/sbin/apparmor_parser", what, try runtime.file("profile", text))
        guard outcome.code == 0 else { throw Running.TookTooLong(description: "\(outcome)") }
    }

    private func bundle(_ guest: Guest, _ words: String...) throws -> Container {
        let container = try runtime.bundle(guest) {
            $0.arguments = [guest.path] + words
            $0.process["apparmorProfile"] = .string(profile)
        }
        for name in ["secret", "open"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(container.root)/tmp/\(name)"))
        }
        return container
    }

    @Test(arguments: Guest.allCases) func whatTheProfileDeniesIsDenied(guest: Guest) throws {
        let refused = try bundle(guest, "read", "/tmp/secret").run()
        // The guest ends with the errno: EACCES of Linux, or of WASI.
        #expect(refused.code == (guest == .native ? 13 : 2), "\(refused)")
        let allowed = try bundle(guest, "read", "/tmp/open").run()
        #expect(allowed.code == 0 && allowed.output == "x", "\(allowed)")
    }

    @Test(arguments: Guest.allCases) func theContainerAndWhoEntersStandUnderIt(guest: Guest) throws {
        let container = try bundle(guest, "rest")
        _ = try container.launch()
        #expect(Machine.text(of: "/proc/\(try container.process())/attr/current") == "\(profile) (enforce)\n")
        let refused = try container("exec", then: ["/guest", "read", "/tmp/secret"])
        #expect(refused.code == 13, "\(refused)")
        let running = try container.start("exec", then: [guest.path, "rest"])
        #expect(running.wrote("ready"))
        for process in try container.group()("cgroup.procs").split(separator: "\n") {
            #expect(Machine.text(of: "/proc/\(process)/attr/current") == "\(profile) (enforce)\n")
        }
        #expect(try container("kill", "--all", then: ["KILL"]).code == 0)
        _ = try running.wait()
    }

    @Test(arguments: Guest.allCases) func aProfileThatIsNotLoadedIsRefused(guest: Guest) throws {
        let container = try runtime.bundle(guest, "args") { $0.process["apparmorProfile"] = "mr-test-none" }
        let outcome = try container.run()
        #expect(outcome.code != 0 && outcome.error.contains("process.apparmorProfile"), "\(outcome)")
        #expect(container.cgroups().isEmpty)
    }
}

enum AppArmor {
    static let isHere =
        Machine.isRoot && Machine.text(of: "/sys/module/apparmor/parameters/enabled").hasPrefix("Y")
        && Machine.exists("/sbin/apparmor_parser")
}
