import CSeccomp
import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct SeccompInstallTests {
    private func file(
        _ arguments: [String], _ seccomp: JSONValue, noNewPrivileges: Bool = true, user: Int64 = 0
    ) -> JSONValue {
        configuration(
            process: process(
                arguments, ("noNewPrivileges", .bool(noNewPrivileges)), ("user", ["uid": .integer(user), "gid": 0])),
            linux: ["seccomp": seccomp])
    }

    private func deny(_ names: [String], _ errno: Int64 = 77) -> JSONValue {
        [
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [["names": strings(names), "action": "SCMP_ACT_ERRNO", "errnoRet": .integer(errno)]],
        ]
    }

    @Test(arguments: [true, false]) func theFilterIsInForceWithAndWithoutNewPrivileges(_ noNewPrivileges: Bool) throws {
        guard noNewPrivileges || Machine.isRoot else { return }
        let folder = try TemporaryDirectory()
        let report = try ProbeProcess.run(
            file(
                ["mkdir", "\(folder.path)/a"], deny(["mkdir", "mkdirat"]), noNewPrivileges: noNewPrivileges,
                user: noNewPrivileges ? 0 : 1000))
        #expect(report.end == .exited(.code(1)), "\(report)")
        #expect(!folder.exists("a"))
        let status = try ProbeProcess.run(
            file(["cat", "/proc/self/status"], deny(["mkdir"]), noNewPrivileges: noNewPrivileges))
        #expect(status.value("Seccomp", ":") == "2", "\(status)")
        #expect(status.value("Seccomp_filters", ":") == "1")
        #expect(status.value("NoNewPrivs", ":") == (noNewPrivileges ? "1" : "0"))
    }

    @Test(.enabled(if: Tool.has("/usr/bin/busybox"), "needs busybox")) func aProfileWithoutAnyOfOurOwnCallsWorks()
        throws
    {
        // All that busybox needs for `true`, and none of those by which a process is set up.
        let allowed = [
            "execve", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlinkat",
            "readlink",
            "getrandom", "mprotect", "exit_group", "mmap", "getuid", "setuid", "getgid", "setgid", "openat", "close",
            "read",
            "pread64", "fstat", "newfstatat", "access", "faccessat", "munmap", "prctl",
        ]
        let report = try ProbeProcess.run(
            file(
                ["busybox", "true"],
                [
                    "defaultAction": "SCMP_ACT_KILL_PROCESS",
                    "syscalls": [["names": strings(allowed), "action": "SCMP_ACT_ALLOW"]],
                ]))
        #expect(report.end == .exited(.code(0)), "\(report)")
    }

    @Test(.enabled(if: Tool.has("/usr/bin/busybox"), "needs busybox")) func withNoNewPrivilegesOnlyExecveIsOurs() throws
    {
        // Every call but execve kills, so what kills is the program's first call and not one of ours: it became the program.
        let report = try ProbeProcess.run(
            file(
                ["busybox", "true"],
                [
                    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
                    "syscalls": [
                        ["names": ["execve"], "action": "SCMP_ACT_ALLOW"],
                        ["names": ["exit", "exit_group", "write", "pwritev2"], "action": "SCMP_ACT_KILL_PROCESS"],
                    ],
                ]))
        guard case .exited(.signal) = report.end else {
            Issue.record("\(report)")
            return
        }
        #expect(report.text.isEmpty)
    }

    @Test(
        .enabled(if: Machine.isRoot),
        arguments: [
            ["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_TSYNC"],
            ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG"],
            ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
        ])
    func flagsAreTaken(_ flags: [String]) throws {
        let seccomp: JSONValue = [
            "defaultAction": "SCMP_ACT_ALLOW", "flags": strings(flags),
            "syscalls": [["names": ["mkdir"], "action": "SCMP_ACT_KILL"]],
        ]
        #expect(try ProbeProcess.run(file(["echo", "x"], seccomp)).text == "x\n")
    }

    // MARK: The listener

    /// What a listener got: the message, and how many calls it answered until the process ended.
    private struct Heard {
        var message: JSONValue
        var calls: [Int32]
        var report: String
    }

    /// Listens at a path, runs the process, and answers each call by `answer`: an errno, or nil to let it go on.
    private func listen(
        _ arguments: [String], notify names: [String], flags: [String] = [], noNewPrivileges: Bool = true,
        words: [String] = [], answer: (Int32) -> Int32?
    ) throws -> Heard {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/agent"
        let agent = try LocalSockets.listen(at: path)
        let input = try folder.write(
            "config.json",
            file(
                arguments,
                [
                    "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": .string(path), "listenerMetadata": "meta data",
                    "flags": strings(flags), "syscalls": [["names": strings(names), "action": "SCMP_ACT_NOTIFY"]],
                ], noNewPrivileges: noNewPrivileges
            ).text())
        let stream = try Files.open(input, flags: .readOnly)
        let output = try Descriptors.pipe()
        let child = try ChildProgram.start(
            try ProbeProcess.path(), arguments: ["probe", "run"] + words, environment: [],
            streams: (stream.rawValue, output.write.rawValue, 2), ownGroup: true)
        let reader = output.keepRead()
        defer { _ = try? Processes.kill(-child, 9) }
        let connection = try Sockets.accept(agent.rawValue, nonBlocking: false)
        var bytes: [UInt8] = []
        var descriptors: [Int32] = []
        while true {
            var piece = try LocalSockets.receive(connection.rawValue, limit: 4096, descriptorLimit: 4)
            if piece.bytes.isEmpty { break }
            bytes += piece.bytes
            descriptors += piece.descriptors.release()
        }
        let listener = OwnedDescriptor(adopting: try #require(descriptors.count == 1 ? descriptors[0] : nil))
        var calls: [Int32] = []
        var request: UnsafeMutablePointer<seccomp_notif>?
        var response: UnsafeMutablePointer<seccomp_notif_resp>?
        try #require(seccomp_notify_alloc(&request, &response) == 0)
        defer { seccomp_notify_free(request, response) }
        while true {
            var wait = [PollRequest(listener.rawValue, .readable)]
            guard try Poll.wait(&wait, timeout: 20_000_000_000) > 0, wait[0].found.contains(.readable) else { break }
            // The kernel takes no memory with anything in it.
            request?.pointee = seccomp_notif()
            guard seccomp_notify_receive(listener.rawValue, request) == 0, let asked = request?.pointee else { break }
            calls.append(asked.data.nr)
            let errno = answer(asked.data.nr)
            response?.pointee = seccomp_notif_resp(
                id: asked.id, val: 0, error: errno.map { -$0 } ?? 0, flags: errno == nil ? 1 : 0)
            _ = seccomp_notify_respond(listener.rawValue, response)
        }
        // Whoever isn't answered would wait for ever.
        if try !eventually({ try Processes.poll(child) != nil }) {
            Issue.record("it doesn't end")
            try Processes.kill(child, 9)
            _ = try Processes.wait(for: child)
        }
        let text = String(decoding: try Files.readAll(reader.rawValue, limit: 1 << 16), as: UTF8.self)
        return Heard(message: try JSONValue(reading: bytes), calls: calls, report: text)
    }

    @Test(arguments: [true, false]) func whoListensDecides(_ noNewPrivileges: Bool) throws {
        guard noNewPrivileges || Machine.isRoot else { return }
        let mkdir = seccomp_syscall_resolve_name("mkdir")
        let heard = try listen(
            ["sh", "-c", "mkdir /tmp/martlet-never 2>&1; test -e /tmp/martlet-never || echo none"],
            notify: ["mkdir", "mkdirat"], noNewPrivileges: noNewPrivileges
        ) { _ in 39 }
        #expect(heard.calls.contains(mkdir), "\(heard)")
        #expect(heard.report.contains("Directory not empty"), "\(heard)")
        #expect(heard.report.hasSuffix("none\n"))
        #expect(heard.message["ociVersion"] == "1.2.0")
        #expect(heard.message["fds"] == ["seccompFd"])
        #expect(heard.message["metadata"] == "meta data")
        #expect(heard.message["state"]?["status"] == "creating")
    }

    @Test func theCallsThatHandTheListenerOverMayBeItsOwn() throws {
        let heard = try listen(
            ["echo", "x"],
            notify: [
                "sendmsg", "write", "writev", "pwritev2", "close", "munmap", "mmap", "brk", "wait4", "waitid",
                "nanosleep",
                "clock_nanosleep", "shutdown", "dup", "fcntl", "prctl", "seccomp", "execve",
            ], flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        ) { _ in nil }
        #expect(heard.report == "x\n", "\(heard)")
        #expect(heard.calls.first == seccomp_syscall_resolve_name("execve"))
    }

    @Test(arguments: [true, false]) func noHelperIsLeftBehind(_ noNewPrivileges: Bool) throws {
        guard noNewPrivileges || Machine.isRoot else { return }
        let heard = try listen(
            ["sh", "-c", "sleep 0.05; cat /proc/$$/task/$$/children; echo; grep SigIgn /proc/$$/status"],
            notify: ["mkdir"],
            noNewPrivileges: noNewPrivileges
        ) { _ in nil }
        // The one child is the program that tells.
        let lines = heard.report.split(separator: "\n")
        #expect(lines.first?.split(separator: " ").count == 1, "\(heard)")
        #expect(lines.last == "SigIgn:\t0000000000000000")
    }

    @Test func aProcessThatGoesOnKeepsNothingOfTheListener() throws {
        let heard = try listen(["true"], notify: ["mkdir"], words: ["census"]) { _ in nil }
        // Besides the streams, the procfs.
        #expect(heard.report == "open=[0, 1, 2, 4]\n" || heard.report == "open=[0, 1, 2, 3]\n", "\(heard)")
    }

    @Test func nobodyAtTheSocketIsAnError() throws {
        let report = try ProbeProcess.run(
            file(
                ["true"],
                [
                    "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/nowhere/agent",
                    "syscalls": [["names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"]],
                ]))
        #expect(
            report.value("error")?.hasPrefix("linux.seccomp.listenerPath: connect \"/nowhere/agent\"") == true,
            "\(report)")
    }
}
