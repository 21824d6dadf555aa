import FieldErrors
import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct IdentityTests {
    @Test(.enabled(if: Machine.isRoot)) func theProcessIsTheUserWithItsGroups() throws {
        let report = try ProbeProcess.run(
            configuration(
                process: process(
                    status, ("user", ["uid": 1234, "gid": 5678, "additionalGids": [7, 9], "umask": 0o027]),
                    ("noNewPrivileges", true))))
        #expect(report.value("Uid", ":") == "1234\t1234\t1234\t1234", "\(report)")
        #expect(report.value("Gid", ":") == "5678\t5678\t5678\t5678")
        #expect(report.value("Groups", ":") == "7 9 ")
        #expect(report.value("Umask", ":") == "0027")
        #expect(report.value("NoNewPrivs", ":") == "1")
    }

    @Test(.enabled(if: Machine.isRoot)) func withoutAMaskItIs022AndWithoutGroupsThereAreNone() throws {
        let report = try ProbeProcess.run(configuration(process: process(status)))
        #expect(report.value("Umask", ":") == "0022", "\(report)")
        #expect(report.value("Groups", ":") == "")
        #expect(report.value("NoNewPrivs", ":") == "0")
    }

    @Test(.enabled(if: Machine.isRoot)) func groupsAreLeftOutWhereTheUserNamespaceForbidsThem() throws {
        let report = try ProbeProcess.run(
            configuration(process: process(status, ("user", ["uid": 0, "gid": 0, "additionalGids": [7]]))), "new=user")
        #expect(report.value("warning")?.hasPrefix("process.user.additionalGids") == true, "\(report)")
        #expect(report.end == .exited(.code(0)))
    }

    @Test(.enabled(if: Machine.isRoot)) func anUnmappedUserIsAnErrorThatNamesIt() throws {
        let report = try ProbeProcess.run(
            configuration(process: process(status, ("user", ["uid": 33, "gid": 0]))), "new=user")
        #expect(report.value("error")?.hasPrefix("process.user.uid: user 33 isn't mapped") == true, "\(report)")
    }

    @Test func theReservedIdIsRefused() throws {
        let error = #expect(throws: FieldError.self) {
            try ProcessSettings(RuntimeProcess(arguments: ["a"], user: .init(uid: 1, gid: .max)))
        }
        #expect(error?.field == "process.user.gid")
    }

    @Test(.enabled(if: Machine.isRoot)) func theStreamsBelongToTheUser() throws {
        let report = try ProbeProcess.run(
            configuration(
                process: shell("stat -L -c %u /dev/stdin /dev/stdout; echo x >/dev/stdout", ("user", ["uid": 1234]))))
        #expect(report.lines == ["1234", "1234", "x"], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func limitsAreAsAsked() throws {
        let report = try ProbeProcess.run(
            configuration(
                process: process(
                    ["cat", "/proc/self/limits"],
                    (
                        "rlimits",
                        [
                            ["type": "RLIMIT_NOFILE", "soft": 100, "hard": 200],
                            ["type": "RLIMIT_CORE", "soft": 0, "hard": 4096],
                            ["type": "RLIMIT_STACK", "soft": 8_388_608, "hard": .unsigned(.max)],
                        ]
                    ))))
        let words = report.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words.contains(["Max", "open", "files", "100", "200", "files"]), "\(report)")
        #expect(words.contains(["Max", "core", "file", "size", "0", "4096", "bytes"]))
        #expect(words.contains(["Max", "stack", "size", "8388608", "unlimited", "bytes"]))
    }

    @Test func everyLimitOfTheSpecificationHasANumber() throws {
        #expect(Set(ResourceLimitSettings.names) == Set(RuntimeProcess.ResourceLimit.types))
        let raw = try ResourceLimitSettings(ResourceLimitSettings.names.map { .init(type: $0, soft: 0, hard: 0) })
        #expect(raw.limits.map(\.number) == Array(0..<16))
    }

    @Test(
        arguments: [
            ([("RLIMIT_NOFILE", 1, 1), ("RLIMIT_NOFILE", 1, 1)], "process.rlimits[1]: RLIMIT_NOFILE is there twice"),
            ([("RLIMIT_TEST", 1, 1)], "process.rlimits[0]: no limit is named \"RLIMIT_TEST\""),
            (
                [("RLIMIT_CPU", 1, 1), ("RLIMIT_AS", 3, 2)],
                "process.rlimits[1]: RLIMIT_AS: soft limit 3 above hard limit 2"
            ),
        ] as [([(String, UInt64, UInt64)], String)])
    func limitsThatCanNotBeAreRefused(_ limits: [(String, UInt64, UInt64)], _ text: String) throws {
        let error = #expect(throws: FieldError.self) {
            try ResourceLimitSettings(limits.map { .init(type: $0.0, soft: $0.1, hard: $0.2) })
        }
        #expect(error?.description == text)
    }

    @Test(.enabled(if: Machine.isRoot)) func aLimitThatTheKernelRefusesIsNamed() throws {
        // Above fs.nr_open no privilege helps.
        let report = try ProbeProcess.run(
            configuration(
                process: process(
                    status,
                    (
                        "rlimits",
                        [
                            ["type": "RLIMIT_CORE", "soft": 0, "hard": 0],
                            ["type": "RLIMIT_NOFILE", "soft": 1, "hard": 2_000_000_000_000],
                        ]
                    ))))
        #expect(
            report.value("error")?.hasPrefix("process.rlimits[1]: RLIMIT_NOFILE 1:2000000000000") == true, "\(report)")
        #expect(report.value("error")?.contains("(EPERM)") == true)
    }
}
