import BundleRuntime
import JSON
import OCISpec
import Testing

@testable import RuntimeCommands

@Suite struct BundleSettingsTests {
    private func launch(_ table: OptionTable<LaunchSettings>, _ words: String...) throws -> LaunchSettings {
        var settings = LaunchSettings()
        settings.request.id = try table.parseID(words, into: &settings)
        return settings
    }

    private func exec(_ words: String...) throws -> (request: ExecRequest, operands: [String]) {
        var settings = ExecSettings()
        let operands = try ExecSettings.table.parse(words, into: &settings)
        return (settings.request, operands)
    }

    // The words that the container managers really use.

    @Test func conmonCreates() throws {
        let request = try launch(
            LaunchSettings.create, "--bundle", "/b", "--pid-file", "/b/pidfile", "--no-pivot", "--no-new-keyring",
            "--console-socket", "/c", "4711"
        ).request
        #expect(request.id == "4711" && request.bundle == "/b" && request.pidFile == "/b/pidfile")
        #expect(request.avoidsPivot && request.keepsKeyring && request.consoleSocket == "/c")
    }

    @Test func containerdCreatesAndRuns() throws {
        let created = try launch(
            LaunchSettings.create, "--bundle", "/b", "--pid-file", "/p", "--preserve-fds", "2", "x")
        #expect(created.request.preservedDescriptors == 2)
        let run = try launch(LaunchSettings.run, "--bundle", "/b", "--detach", "x")
        #expect(run.mode == RunMode(detaches: true, keeps: false))
    }

    @Test func conmonExecutes() throws {
        let (request, operands) = try exec("--pid-file", "/p", "--process", "/s.json", "--detach", "4711")
        #expect(request.pidFile == "/p" && request.processFile == "/s.json" && request.detaches)
        #expect(operands == ["4711"])
    }

    @Test func containerdExecutesWithATerminal() throws {
        let request = try exec("--process", "/s.json", "--console-socket", "/c", "--detach", "--pid-file", "/p", "x")
            .request
        #expect(request.consoleSocket == "/c" && request.hasTerminal == nil)
    }

    @Test func aPersonExecutes() throws {
        let (request, operands) = try exec(
            "-t", "-e", "A=1", "--env", "B=2", "--cwd", "/w", "-u", "1:2", "-g", "7,8", "-g", "9", "--cap", "net_admin",
            "-c", "CAP_KILL", "--no-new-privs=false", "--apparmor", "p", "--process-label", "l", "--cgroup", "/sub",
            "--ignore-paused", "--preserve-fds=1", "id", "ls", "-l")
        #expect(request.hasTerminal == true && request.environment == ["A=1", "B=2"])
        #expect(request.workingDirectory == "/w" && request.user == "1:2" && request.additionalGroups == [7, 8, 9])
        #expect(request.capabilities == ["CAP_NET_ADMIN", "CAP_KILL"] && request.noNewPrivileges == false)
        #expect(request.appArmorProfile == "p" && request.selinuxLabel == "l" && request.cgroups == ["": "/sub"])
        #expect(request.ignoresPause && request.preservedDescriptors == 1)
        #expect(operands == ["id", "ls", "-l"])
    }

    @Test func aCgroupMayBeNamedForEachController() throws {
        let request = try exec("--cgroup", "cpu,cpuacct:/a", "--cgroup", "pids:b", "x", "y").request
        #expect(request.cgroups == ["cpu": "/a", "cpuacct": "/a", "pids": "b"])
    }

    @Test func containerdAsksForADescriptorOfTheProcess() throws {
        let created = try launch(LaunchSettings.create, "--bundle", "/b", "--pidfd-socket", "/s", "x")
        #expect(created.request.pidfdSocket == "/s")
        #expect(try exec("--process", "/p", "--pidfd-socket", "/s", "--detach", "x").request.pidfdSocket == "/s")
    }

    @Test(arguments: [
        ["-u", "4294967295", "x", "y"], ["-u", "root", "x", "y"], ["-u", "1:", "x", "y"], ["-g", "-1", "x", "y"],
        ["--preserve-fds", "1001", "x", "y"], ["--preserve-fds", "-1", "x", "y"], ["-e", "=x", "x", "y"],
        ["-e", "x", "x", "y"], ["--cgroup", "a", "--cgroup", "b", "x", "y"], ["--unknown", "x", "y"],
        ["--cgroup", "", "x", "y"], ["--cgroup", "cpu:", "x", "y"], ["--cgroup", ":a", "x", "y"],
        ["--cgroup", "cpu,cpu:a", "x", "y"], ["--cgroup", "cpu:a", "--cgroup", "b", "x", "y"],
        ["--tty=perhaps", "x", "y"],
    ])
    func execRefuses(words: [String]) {
        var settings = ExecSettings()
        #expect(throws: UsageError.self) { try ExecSettings.table.parse(words, into: &settings) }
    }

    @Test func killAndDeleteTakeTheirWordsInAnyOrder() throws {
        for words in [["--all", "x", "9"], ["x", "9", "--all"], ["-a", "x", "9"]] {
            var settings = KillSettings()
            #expect(try KillSettings.table.parse(words, into: &settings) == ["x", "9"])
            #expect(settings.all)
        }
        var settings = DeleteSettings()
        #expect(try DeleteSettings.table.parseID(["--force", "x"], into: &settings) == "x")
        #expect(settings.force)
    }

    @Test func aVerbRefusesTooFewAndTooManyWords() {
        var settings = DeleteSettings()
        #expect(throws: UsageError.self) { try DeleteSettings.table.parseID([], into: &settings) }
        #expect(throws: UsageError.self) { try DeleteSettings.table.parseID(["a", "b"], into: &settings) }
        #expect(throws: UsageError.self) { try StartCommand.table.parseID(["a", "b"]) }
        #expect(throws: UsageError.self) { try StartCommand.table.parseID(["--force", "b"]) }
    }

    // MARK: update

    private func settings(_ words: [String]) throws -> UpdateSettings {
        var settings = UpdateSettings()
        _ = try UpdateSettings.table.parse(words, into: &settings)
        return settings
    }

    private func update(_ words: String...) throws -> LinuxResources { try UpdateCommand.resources(settings(words)) }

    @Test func theFlagsOfUpdateAreMembersOfTheResources() throws {
        let resources = try update(
            "--memory", "64m", "--memory-swap", "-1", "--memory-reservation", "1k", "--cpu-shares", "512",
            "--cpu-quota",
            "-1", "--cpu-period", "100000", "--cpu-burst", "5", "--cpu-idle", "1", "--cpuset-cpus", "0-1",
            "--cpuset-mems", "0", "--pids-limit", "7", "--blkio-weight", "100", "x")
        #expect(resources.memory?.limit == 64 << 20 && resources.memory?.swap == -1)
        #expect(resources.memory?.reservation == 1024 && resources.pids?.limit == 7)
        #expect(resources.cpu?.shares == 512 && resources.cpu?.quota == -1 && resources.cpu?.period == 100_000)
        #expect(resources.cpu?.burst == 5 && resources.cpu?.idle == 1 && resources.cpu?.cpus == "0-1")
        #expect(resources.cpu?.mems == "0" && resources.blockIO?.weight == 100)
    }

    @Test func runcsNameOfTheSharesIsTakenToo() throws {
        #expect(try update("--cpu-share", "2", "x").cpu?.shares == 2)
    }

    @Test func anEmptyValueIsNone() throws {
        let resources = try update(
            "--memory=", "--cpu-shares=", "--cpuset-cpus=", "--l3-cache-schema=", "--mem-bw-schema", "", "x")
        #expect(resources.memory == nil && resources.cpu == nil)
        #expect(try UpdateCommand.schemata(settings(["--l3-cache-schema=", "--mem-bw-schema", "", "x"])) == nil)
    }

    @Test func theSchemataAreMembersOfIntelRdt() throws {
        let words = ["--l3-cache-schema", "L3:0=f", "--mem-bw-schema", "MB:0=20", "-r", "-", "x"]
        let schemata = try #require(try UpdateCommand.schemata(settings(words)))
        #expect(schemata.l3CacheSchema == "L3:0=f" && schemata.memBwSchema == "MB:0=20")
        #expect(schemata.closID == nil && schemata.schemata.isEmpty)
        let error = #expect(throws: CommandFailure.self) {
            try UpdateCommand.schemata(self.settings(["--mem-bw-schema", "L3:0=f", "x"]))
        }
        #expect(error?.message.contains("memBwSchema") == true)
    }

    @Test(arguments: [
        ["--blkio-weight", ""],
        ["--memory", "much"], ["--cpu-quota", "half"], ["--pids-limit", ""], ["--memory", "-2"],
        ["--memory", "99999999999t"],
    ])
    func updateRefuses(words: [String]) {
        var settings = UpdateSettings()
        #expect(throws: UsageError.self) { try UpdateSettings.table.parse(words, into: &settings) }
    }

    @Test func aValueThatDoesNotFitItsFieldIsAnErrorOfTheField() throws {
        let error = #expect(throws: CommandFailure.self) { try update("--blkio-weight", "70000", "x") }
        #expect(error?.message.contains("blockIO.weight") == true)
    }

    @Test(arguments: [["--interval", "0"], ["--interval", "often"], ["--stats=maybe"]])
    func eventsRefuses(words: [String]) {
        var settings = EventsSettings()
        #expect(throws: UsageError.self) { try EventsSettings.table.parse(words, into: &settings) }
    }

    @Test func containerdAsksForEvents() throws {
        var settings = EventsSettings()
        #expect(try EventsSettings.table.parse(["--interval=60s", "x"], into: &settings) == ["x"])
        #expect(settings.interval == 60_000 && !settings.once)
    }
}
