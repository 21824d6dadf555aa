import BundleRuntime
import Cgroups
import JSON
import Testing

@testable import RuntimeCommands

@Suite struct GlobalSettingsTests {
    private func parse(_ words: String...) throws -> (settings: GlobalSettings, rest: [String]) {
        var settings = GlobalSettings()
        let rest = try GlobalSettings.table.parse(words, into: &settings)
        return (settings, rest)
    }

    @Test func podmansWords() throws {
        let (settings, rest) = try parse(
            "--log-format=json", "--log", "/l", "--systemd-cgroup", "--root=/r", "create", "--bundle", "/b", "x")
        #expect(settings.log.format == .json && settings.log.path == "/l" && settings.runtime.root == "/r")
        #expect(settings.runtime.cgroupDriver == .systemd)
        #expect(rest == ["create", "--bundle", "/b", "x"])
    }

    @Test func containerdsWords() throws {
        let (settings, rest) = try parse(
            "--root", "/run/docker/runtime-runc/moby", "--debug", "--log", "/l", "--log-format", "json",
            "--rootless=false",
            "kill", "--all", "x", "9")
        #expect(settings.log.level == .debug && settings.runtime.isRootless == false)
        #expect(rest == ["kill", "--all", "x", "9"])
    }

    @Test func aLogMayBeNamedAsAFile() throws {
        #expect(try parse("--log", "file:/l", "list").settings.log.path == "/l")
    }

    @Test(arguments: [
        ["--log-format", "xml", "list"], ["--log-level", "loud", "list"], ["--cgroup-manager", "mine", "list"],
        ["--rootless", "perhaps", "list"], ["--root", "/", "list"], ["--root", "", "list"], ["--root", "/./", "list"],
        ["--root", "../..", "list"], ["--log", "journald:x", "list"], ["--unknown", "list"], ["--root"],
        ["--systemd-cgroup=perhaps", "list"],
    ])
    func whatCannotBeFollowedIsRefused(words: [String]) {
        var settings = GlobalSettings()
        #expect(throws: UsageError.self) { try GlobalSettings.table.parse(words, into: &settings) }
    }

    @Test func theVersionIsReadableForDocker() {
        let lines = BundleProgram.versionText.split(separator: "\n")
        #expect(lines.first == "martlet version \(Martlet.version)")
        #expect(lines.filter { $0.contains("version") }.count == 1)
        #expect(lines.contains { $0.hasPrefix("spec: 1.") })
        #expect(lines.last?.split(separator: " ").contains("+SYSTEMD") == true)
    }
}

@Suite struct BundleWordsTests {
    @Test(arguments: [
        ["--bundle", "/b", "x"], ["-b", "/b", "x"], ["-b/b", "x"], ["-d", "--pid-file", "p", "x"], ["-db", "/b", "x"],
        ["--keep", "x"], ["--bundle=/b", "x"], ["-e", "A=1", "--no-pivot", "x"], ["--preserve-fds=1", "x"],
    ])
    func anOptionThatOnlyTheRuntimeHasMakesRunItsVerb(words: [String]) {
        #expect(BundleWords.arePresent(.run, words))
    }

    @Test(arguments: [
        ["x"], ["-d", "x", "--bundle", "y"], ["-e", "--bundle", "image"], ["--env", "-b", "image"],
        ["--", "--bundle", "x"],
        ["-it", "image", "-b"], ["--name", "--keep", "image"], [], ["-eb", "image"],
    ])
    func everyOtherRunIsThePersons(words: [String]) {
        #expect(!BundleWords.arePresent(.run, words))
    }

    @Test(arguments: [["x"], ["--format", "json", "x"], ["-f", "json", "x"], ["x", "-ef"]])
    func psOfAContainerIsTheRuntimes(words: [String]) { #expect(BundleWords.arePresent(.ps, words)) }

    @Test(arguments: [[], ["-a"], ["-aq"], ["--json"], ["--state", "/s"], ["--help"]])
    func psOfNothingIsThePersons(words: [String]) { #expect(!BundleWords.arePresent(.ps, words)) }
}

@Suite struct BundleLogTests {
    private let time: UInt64 = 1_700_000_000_123_456_789

    @Test func aLineOfJSONHasWhatConmonAndContainerdRead() throws {
        let line = BundleLog.entry(.error, "it \"failed\"\n", format: .json, time: time)
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { $0 != "\n" })
        let entry = try JSONValue(reading: Array(line.utf8))
        #expect(entry["level"] == "error" && entry["msg"] == "it \"failed\"\n")
        #expect(entry["time"] == "2023-11-14T22:13:20.123456789Z")
    }

    @Test func aLineOfTextIsQuoted() {
        #expect(
            BundleLog.entry(.warning, "a \"b\"", format: .text, time: time)
                == "time=\"2023-11-14T22:13:20.123456789Z\" level=warning msg=\"a \\\"b\\\"\"\n")
    }
}

@Suite struct ProcessListTests {
    private let table = """
        UID          PID    PPID  C STIME TTY          TIME CMD
        root           1       0  0 10:00 ?        00:00:01 /sbin/init 17
        root          17       1  0 10:00 ?        00:00:00 [kthread]
        root         170       1  0 10:00 ?        00:00:00 sh -c 17
        """

    @Test func rowsAreChosenByTheirProcessNumber() throws {
        let rows = try ProcessListCommand.rows(of: table, [17])
        #expect(rows.count == 2 && rows[0].hasPrefix("UID") && rows[1].hasSuffix("[kthread]"))
    }

    @Test func aTableWithoutProcessNumbersIsRefused() {
        #expect(throws: CommandFailure.self) { try ProcessListCommand.rows(of: "CMD\nsh\n", [1]) }
        #expect(throws: CommandFailure.self) { try ProcessListCommand.rows(of: "", [1]) }
    }
}
