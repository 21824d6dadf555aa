import FieldErrors
import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct KernelSettingsTests {
    private func parse(_ file: JSONValue) throws -> RuntimeConfiguration {
        try RuntimeConfiguration(reading: file.bytes())
    }

    private let namespaces: JSONValue = [
        ["type": "uts"], ["type": "ipc"], ["type": "network"], ["type": "mount"],
    ]

    @Test(.enabled(if: Machine.isRoot)) func parametersAreWrittenInBothForms() throws {
        let file = configuration(
            process: shell("cd /proc/sys; cat kernel/msgmax fs/mqueue/msg_max net/ipv4/ip_forward kernel/domainname"),
            linux: [
                "namespaces": namespaces,
                "sysctl": [
                    "kernel.msgmax": "4242", "fs/mqueue/msg_max": "77", "net.ipv4.ip_forward": "1",
                    "kernel.domainname": "example",
                ],
            ])
        let report = try ProbeProcess.run(file, "new=uts,ipc,network")
        guard report.value("error")?.contains("ENOENT") != true else { return }
        #expect(report.lines == ["4242", "77", "1", "example"], "\(report)")
    }

    @Test func theFirstSeparatorDecidesWhatTheOtherOneMeans() {
        #expect(KernelParameters.path(of: "net.ipv4.conf.eth0/100.forwarding") == "net/ipv4/conf/eth0.100/forwarding")
        #expect(KernelParameters.path(of: "net/ipv4/conf/eth0.100/forwarding") == "net/ipv4/conf/eth0.100/forwarding")
        for key in ["", "net", "net..ipv4", "net/../kernel/x", ".net.ipv4", "net/", "/net/x", "net/./x", "net.a\0b"] {
            #expect(KernelParameters.path(of: key) == nil, "\(key)")
        }
    }

    @Test(arguments: [
        ("kernel.panic", "belongs to no namespace"), ("net.ipv4.ip_forward", "needs a namespace of type network"),
        ("kernel.shmmax", "needs a namespace of type ipc"), ("fs.mqueue.msg_max", "needs a namespace of type ipc"),
        ("kernel.hostname", "is set by the field hostname"), ("kernel.domainname", "needs a namespace of type uts"),
        ("user.max_net_namespaces", "needs a namespace of type user"), ("net/../kernel/panic", "expected a name like"),
        ("vm.overcommit_memory", "belongs to no namespace"), ("netfilter.x", "belongs to no namespace"),
    ])
    func aParameterOfTheHostIsRefused(_ key: String, _ problem: String) throws {
        let file = try parse(
            configuration(
                process: process(["a"]),
                linux: ["sysctl": .object(JSONObject([.init(key: key, value: "1")])), "namespaces": [["type": "pid"]]]))
        let error = #expect(throws: FieldError.self) { try KernelParameters(file) }
        #expect(error?.field == "linux.sysctl[\"\(key)\"]")
        #expect(error?.problem.hasPrefix(problem) == true, "\(String(describing: error))")
    }

    @Test func joiningTheRuntimesOwnNamespaceIsNoNamespaceOfItsOwn() throws {
        let file = try parse(
            configuration(
                process: process(["a"]),
                linux: [
                    "sysctl": ["net.ipv4.ip_forward": "1"],
                    "namespaces": [["type": "network", "path": "/proc/self/ns/net"]],
                ]))
        let error = #expect(throws: FieldError.self) { try KernelParameters(file) }
        #expect(error?.problem.contains("is the runtime's own namespace") == true)
    }

    @Test(.enabled(if: Machine.isRoot)) func whatTheKernelRefusesNamesTheKey() throws {
        let file = configuration(
            process: process(["true"]),
            linux: ["namespaces": namespaces, "sysctl": ["net.ipv4.no_such_thing": "1"]])
        let report = try ProbeProcess.run(file, "new=network")
        #expect(report.value("error")?.hasPrefix("linux.sysctl[\"net.ipv4.no_such_thing\"]: ") == true, "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func theNamesOfTheHostAreTheContainers() throws {
        let file = configuration(
            process: process(["cat", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"]),
            linux: ["namespaces": namespaces], ("hostname", "ship"), ("domainname", "sea"))
        #expect(try ProbeProcess.run(file, "new=uts").text == "ship\nsea\n")
    }

    @Test func aNameNeedsItsNamespaceAndFitsTheKernel() throws {
        func error(_ field: String, _ value: String, _ namespaces: JSONValue) throws -> FieldError? {
            var file = try parse(configuration(process: process(["a"]), linux: ["namespaces": namespaces]))
            if field == "hostname" { file.hostname = value } else { file.domainname = value }
            do throws(FieldError) { _ = try HostNames(file) } catch { return error }
            return nil
        }
        #expect(
            try error("hostname", "a", [])?.description.hasPrefix("hostname: needs a namespace of type uts") == true)
        #expect(try error("domainname", "a", [])?.field == "domainname")
        #expect(try error("hostname", String(repeating: "a", count: 65), namespaces)?.field == "hostname")
        #expect(try error("hostname", String(repeating: "a", count: 64), namespaces) == nil)
    }

    // MARK: /proc

    @Test(.enabled(if: Machine.isRoot)) func aFakeProcIsNotWritten() throws {
        // The real one is bound elsewhere first, to look at what was written.
        let file = configuration(
            process: shell("cat /mnt/self/oom_score_adj /proc/self/oom_score_adj", ("oomScoreAdj", 321)))
        let fake =
            "mount --bind /proc /mnt; mount -t tmpfs none /proc; mkdir /proc/self; echo fake > /proc/self/oom_score_adj"
        let report = try ProbeProcess.run(file, "proc", "new=mount", "prepare=\(fake)")
        #expect(report.lines == ["own=true", "321", "fake"], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func aFakeThatComesAndGoesIsNeverTaken() throws {
        let outcome = try ChildProgram.run(
            try ProbeProcess.path(), arguments: ["probe", "race"], environment: [], input: .bytes([]),
            outputLimit: 1 << 16, timeout: .seconds(60))
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        #expect(outcome.end == .exited(.code(0)))
        #expect(!lines.isEmpty && !lines.contains { $0.contains("fake") || $0.contains("error") }, "\(lines)")
    }

    @Test(.enabled(if: Machine.isRoot)) func aFileBoundOverAnotherIsNotWritten() throws {
        let file = configuration(
            process: shell("cat /mnt/$$/oom_score_adj /proc/$$/oom_score_adj", ("oomScoreAdj", 321)))
        let fake =
            "mount --bind /proc /mnt; mount -t tmpfs none /tmp; mkdir /tmp/a; echo fake > /tmp/a/oom_score_adj; "
            + "mount --bind /tmp/a /proc/$PPID"
        let report = try ProbeProcess.run(file, "proc", "new=mount", "prepare=\(fake)")
        #expect(report.lines == ["own=false", "321", "fake"], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func aReadOnlyProcIsNoObstacle() throws {
        let file = configuration(process: process(["cat", "/proc/self/oom_score_adj"], ("oomScoreAdj", 321)))
        let report = try ProbeProcess.run(
            file,
            under: ["/usr/bin/unshare", "-m", "/bin/sh", "-ec", "mount -o remount,bind,ro /proc; exec \"$@\"", "sh"])
        #expect(report.lines == ["321"], "\(report)")
    }

    // MARK: Labels

    @Test func aLabelNeedsItsModule() throws {
        var process = RuntimeProcess(arguments: ["a"])
        process.apparmorProfile = "docker-default"
        if !SecurityLabels.hasAppArmor {
            let error = #expect(throws: FieldError.self) { try SecurityLabels(process) }
            #expect(error?.description.hasPrefix("process.apparmorProfile: \"docker-default\" needs AppArmor") == true)
            process.apparmorProfile = "unconfined"
            _ = try SecurityLabels(process)
        }
        process.apparmorProfile = nil
        process.selinuxLabel = "system_u:system_r:container_t:s0"
        if !SecurityLabels.hasSELinux {
            let error = #expect(throws: FieldError.self) { try SecurityLabels(process) }
            #expect(error?.field == "process.selinuxLabel")
        }
        process.selinuxLabel = "a\nb"
        #expect(throws: FieldError.self) { try SecurityLabels(process) }
    }
}
