import CForgedCode
import ProbeRunner
import SystemCalls
import Testing

@testable import Sandbox

/// What native code finds that has left the wasm sandbox: each attempt in a process of its own, with the whole sandbox on.
@Suite struct ForgedCodeTests {
    static let names: [String] = {
        var names: [String] = []
        guard var entry = forged_attempts() else { return names }
        while let name = entry.pointee {
            names.append(String(cString: name))
            entry += 1
        }
        return names
    }()

    /// Those that are answered with an error; all others kill.
    static let refused: [String: String] = [
        "clone3": "ENOSYS", "mmap-exec": "EPERM", "mprotect-exec": "EPERM", "memfd_create": "ENOSYS",
        "openat": "ENOSYS", "open-root": "EACCES", "open-parent": "EACCES", "setresuid": "ENOSYS", "prctl": "ENOSYS",
        "dup": "EPERM", "setown": "EPERM", "tiocsti": "ENOTTY", "x32": "ENOSYS", "fastopen": "ENOSYS",
    ].merging(paths) { $1 }

    /// With the privilege to have an empty root no path of the host means anything; without it Landlock opens none.
    private static let paths: [String: String] =
        Machine.isRoot
        ? [
            "open-passwd": "ENOENT", "write-proc-exe": "ENOENT", "write-proc-mem": "ENOENT", "open-proc-fd": "ENOENT",
            "stat-host": "ENOENT", "readlink-host": "ENOENT",
        ]
        : [
            "open-passwd": "EACCES", "write-proc-exe": "ETXTBSY", "write-proc-mem": "EACCES", "open-proc-fd": "EACCES",
        ]

    /// What Landlock has no say in and no privilege hides.
    private static let visible: Set<String> = Machine.isRoot ? [] : ["stat-host", "readlink-host"]

    @Test(arguments: names)
    func withoutNetworkNothingForbiddenWorks(_ name: String) throws {
        let directory = try TemporaryDirectory()
        let report = try Probe.run("attempt", "name=\(name)", "rw=\(directory.path)")
        if Self.visible.contains(name) {
            #expect(report.text == "allowed\n")
        } else if let error = Self.refused[name] ?? (name.hasPrefix("socket-") ? "ENOSYS" : nil) {
            #expect(report.text.contains("(\(error))"), "\(report)")
        } else {
            #expect(report.end == .exited(.signal(31)), "\(report)")
        }
    }

    @Test(arguments: names)
    func withNetworkAndThreadsOnlyInternetSocketsAreNew(_ name: String) throws {
        let directory = try TemporaryDirectory()
        let report = try Probe.run("attempt", "name=\(name)", "rw=\(directory.path)", "network", "threads")
        if name == "socket-inet" || name == "socket-datagram" || Self.visible.contains(name) {
            #expect(report.text == "allowed\n")
        } else if name == "fastopen" {
            #expect(report.text.contains("(EOPNOTSUPP)"), "\(report)")
        } else if let error = Self.refused[name] ?? (name.hasPrefix("socket-") ? "EAFNOSUPPORT" : nil) {
            #expect(report.text.contains("(\(error))"), "\(report)")
        } else {
            #expect(report.end == .exited(.signal(31)), "\(report)")
        }
    }

    @Test func withoutDatagramsThereAreStreamsAlone() throws {
        let report = try Probe.run("attempt", "name=socket-inet", "name=socket-datagram", "network", "nodatagrams")
        #expect(report.lines.first == "allowed" && report.lines.last?.contains("(EAFNOSUPPORT)") == true, "\(report)")
    }

    /// The walls hold one by one: without the filter, privileges and Landlock stop what reaches for the host.
    @Test(arguments: [
        "execve", "ptrace", "process_vm_readv", "kill-parent", "mount", "fsopen", "open_tree", "pivot_root", "chroot",
        "setns",
        "init_module", "open_by_handle_at", "mknod", "clock_settime", "open-passwd", "open-root", "write-proc-exe",
        "write-proc-mem", "open-proc-fd", "socket-packet", "socket-raw", "stat-host", "readlink-host",
    ])
    func withoutTheFilterTheOtherWallsHold(_ name: String) throws {
        guard Landlock.version >= 6 else { return }
        let directory = try TemporaryDirectory()
        let report = try Probe.run("attempt", "name=\(name)", "rw=\(directory.path)", "user=1234", "noseccomp")
        #expect(report.end == .exited(.code(0)) && !report.text.contains("allowed"), "\(report)")
    }
}
