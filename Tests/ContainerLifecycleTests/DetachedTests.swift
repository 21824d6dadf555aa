import ProbeRunner
import SystemCalls
import Testing

@testable import ContainerLifecycle

@Suite struct DetachedTests {
    private let directory: TemporaryDirectory
    private let state: StateDirectory

    init() throws {
        directory = try TemporaryDirectory()
        state = try StateDirectory.open(path: directory.path)
    }

    /// Launches one and returns its id.
    private func launch(_ words: String...) throws -> ContainerID {
        let report = try Probe.run(["detached", "state=\(directory.path)"] + words)
        return try #require(report.value("id").flatMap { ContainerID($0) }, "\(report)")
    }

    private func end(of id: ContainerID) throws -> ContainerRecord {
        #expect(try eventually { try state.record(of: id).state == .stopped })
        return try state.record(of: id)
    }

    /// What `logs` prints to its two streams.
    private func logs(
        _ id: ContainerID, _ change: (inout LogReader) -> Void = { _ in }
    ) throws -> (output: String, error: String) {
        var reader = LogReader(state: state, id: id)
        change(&reader)
        let files = try ["out", "err"].map {
            try Files.open("\(directory.path)/\($0)", flags: [.writeOnly, .create, .truncate], mode: 0o600).release()
        }
        try reader.run(output: files[0], error: files[1])
        return (try directory.read("out"), try directory.read("err"))
    }

    @Test func theEndAndBothStreamsAreKept() throws {
        let id = try launch("say=hello", "complain=bad", "prompt=open", "exit=5")
        let record = try end(of: id)
        #expect(record.exitStatus == 5)
        #expect(record.started ?? 0 <= record.finished ?? 0)
        let logs = try logs(id)
        #expect(logs.output == "hello\nopen" && logs.error == "bad\n")
        #expect(ContainerRow(record).status(now: record.finished ?? 0) == "Exited (5) 0 seconds ago")
    }

    @Test func theLauncherReturnsWhenTheGuestRuns() throws {
        let id = try launch("name=sleeper", "sleep=60000")
        let record = try state.find("sleeper")
        #expect(record.id == id && record.state == .running)
        guard case .running(let process) = ContainerCondition(of: record) else {
            Issue.record("\(record)")
            return
        }
        #expect(process.isAlive)
        try ContainerRemoval(state: state).remove(id, force: true)
        let monitor = try #require(record.supervisor)
        #expect(!process.isAlive && !monitor.isAlive)
    }

    @Test func theMonitorHoldsNothingOfItsCaller() throws {
        let id = try launch("sleep=60000")
        let record = try state.record(of: id)
        let monitor = try #require(record.supervisor).number
        // Three times nothing; the state directory; process, signals; two pipes; log and its directory. What it opened to write
        // the record may be there a moment longer.
        #expect(try eventually { try Files.names(inDirectory: "/proc/\(monitor)/fd", limit: 100).count <= 10 })
        for stream in 0...2 { #expect(try Files.target(ofLink: "/proc/\(monitor)/fd/\(stream)") == "/dev/null") }
        #expect(try Files.target(ofLink: "/proc/\(monitor)/cwd") == "/")
        let status = String(decoding: try Files.contents(of: "/proc/\(monitor)/stat", limit: 4096), as: UTF8.self)
        let nameEnd = try #require(status.lastIndex(of: ")"))
        let fields = status[status.index(after: nameEnd)...].split(separator: " ")
        #expect(fields[4] == "0", "no controlling terminal")
        #expect(fields[3] != "\(monitor)", "not a session leader, who could get one")
        try ContainerRemoval(state: state).remove(id, force: true)
    }

    @Test func aGuestThatDoesNotStartLeavesNothing() throws {
        let report = try Probe.run("detached", "state=\(directory.path)", "name=x", "refuse=port 80: in use")
        #expect(report.value("error") == "port 80: in use")
        #expect(try state.records().isEmpty)
        #expect(try Files.names(inDirectory: directory.path, limit: 10).isEmpty)
    }

    @Test func aTimeoutIsOnRecord() throws {
        let record = try end(of: try launch("timeout=100", "sleep=60000"))
        #expect(record.exitStatus == 137)
        #expect(record.exitExplanation?.contains("timeout") == true)
    }

    @Test func aTimeoutEndsAlsoWhoKeepsWriting() throws {
        let record = try end(of: try launch("timeout=300", "flood"))
        #expect(record.exitExplanation?.contains("timeout") == true)
    }

    @Test func whatTheMonitorKeepsIsHeldUntilTheEnd() throws {
        let id = try launch("lock=\(directory.path)/lease", "sleep=60000")
        let file = try Files.open("\(directory.path)/lease", flags: [.readWrite])
        #expect(try !Files.tryLock(file.rawValue, exclusive: true))
        try ContainerStop(state: state).stop(id, grace: .seconds(5))
        #expect(try eventually { try Files.tryLock(file.rawValue, exclusive: true) })
    }

    @Test func oneThatIsGoneBeforeItsLauncherLooksDidStart() throws {
        for _ in 0..<20 { _ = try launch("rm", "exit=0") }
        #expect(try eventually { try state.records().isEmpty })
    }

    @Test func stopTerminatesAndRecords() throws {
        let id = try launch("sleep=60000")
        try ContainerStop(state: state).stop(id, grace: .seconds(5))
        #expect(try state.record(of: id).exitStatus == 143)
        try ContainerStop(state: state).stop(id, grace: .seconds(5))
    }

    @Test func stopKillsWhoDoesNotListen() throws {
        let id = try launch("deaf", "say=ready", "sleep=60000")
        #expect(try eventually { try directory.read("\(id.text)/log").contains("ready") })
        try ContainerStop(state: state).stop(id, grace: .milliseconds(200))
        #expect(try state.record(of: id).exitStatus == 137)
    }

    @Test func aRunningContainerIsRemovedOnlyByForce() throws {
        let id = try launch("name=busy", "sleep=60000")
        #expect(throws: LifecycleError.self) { try ContainerRemoval(state: state).remove(id, force: false) }
        try ContainerRemoval(state: state).remove(id, force: true)
        #expect(throws: LifecycleError.self) { try state.find("busy") }
    }

    @Test func aContainerThatRemovesItselfDoesSoWithItsLayer() throws {
        let layer = try directory.makeDirectory("layer")
        try directory.write("layer/upper/file", "x")
        _ = try launch("rm", "layer=\(layer)", "exit=0")
        #expect(try eventually { try state.records().isEmpty && !directory.exists("layer") })
    }

    @Test func aTerminalIsLoggedAsOneStream() throws {
        let id = try launch("terminal", "terminals", "say=out", "complain=err")
        _ = try end(of: id)
        let logs = try logs(id)
        #expect(logs.output.contains("out\r\nerr\r\n") && logs.error.isEmpty, "\(logs)")
        #expect(logs.output.contains("[true, true, true]"))
    }

    @Test func logsAreCutFromTheEndAndByTime() throws {
        let id = try launch("lines=100", "sleep=30", "say=late")
        _ = try end(of: id)
        #expect(try logs(id) { $0.tail = 2 }.output == "line 99\nlate\n")
        #expect(try logs(id) { $0.tail = 0 }.output == "")
        #expect(try logs(id) { $0.tail = 1000 }.output.hasPrefix("line 0\n"))
        let all = try logs(id) { $0.timestamps = true }.output.split(separator: "\n")
        let line = try #require(all.last)
        let last = try #require(Timestamp.nanoseconds(String(line.prefix(30))))
        #expect(try logs(id) { $0.since = last }.output == "late\n")
    }

    @Test func aFollowedLogEndsWithItsContainer() throws {
        let id = try launch("say=one", "sleep=300", "say=two", "sleep=100", "exit=0")
        #expect(try logs(id) { $0.follow = true }.output == "one\ntwo\n")
    }

    @Test func aLongLineComesOutWhole() throws {
        let id = try launch("long=100000")
        _ = try end(of: id)
        #expect(try logs(id).output == String(repeating: "x", count: 100_000) + "\n")
    }

    @Test func aMuchWritingGuestFillsNoDisk() throws {
        let id = try launch("logsize=10000", "lines=20000")
        _ = try end(of: id)
        var size: Int64 = 0
        for name in ["log", "log.1", "log.2"] { size += try FileStatus.of("\(directory.path)/\(id.text)/\(name)").size }
        #expect(size <= 30_000)
        #expect(try logs(id).output.hasSuffix("line 19999\n"))
    }

    @Test func aKilledMonitorTakesItsGuestAlongAndIsDescribed() throws {
        // As another user: a change of user takes the request to die back, so the sandbox has to ask again.
        let id = try launch("name=lost", "confined", "sleep=60000")
        let record = try state.record(of: id)
        let guest = try #require(record.workload)
        let monitor = try #require(record.supervisor)
        try Processes.kill(monitor.number, 9)
        #expect(try eventually { !guest.isAlive })
        #expect(try eventually { ContainerCondition(of: record) == .lost })
        #expect(ContainerRow(record).status(now: 0).hasPrefix("Dead: "))
        try ContainerRemoval(state: state).remove(id, force: false)
        #expect(try state.records().isEmpty)
    }

    @Test func killedAtAnyMomentItIsDescribedAndRemoved() throws {
        for moment in 0..<60 {
            let process = try ChildProgram.start(
                try Probe.path(),
                arguments: [
                    "probe", "detached", "state=\(directory.path)", "name=n\(moment)", "confined", "sleep=60000",
                ],
                environment: [], streams: (0, 2, 2), ownGroup: true)
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: UInt64(moment) * 400_000)
            try Processes.kill(-process, 9)
            _ = try Processes.wait(for: process)
            // The monitor has left the group: it is killed by what is on record, as soon as something is.
            for record in try state.records() {
                if moment % 2 == 0, let supervisor = record.supervisor, supervisor.number != process, supervisor.isAlive
                {
                    try? Processes.kill(supervisor.number, 9)
                }
                _ = ContainerRow(record).status(now: 0)
            }
        }
        for record in try state.records() { try ContainerRemoval(state: state).remove(record.id, force: true) }
        #expect(try state.records().isEmpty)
        #expect(try eventually { try Self.processes(named: directory.path).isEmpty })
    }

    /// Processes whose command line names a path.
    private static func processes(named path: String) throws -> [Int32] {
        try Files.names(inDirectory: "/proc", limit: 100_000).compactMap { Int32($0) }.filter { number in
            let line = (try? Files.contents(of: "/proc/\(number)/cmdline", limit: 1 << 16)) ?? []
            return String(decoding: line, as: UTF8.self).contains(path)
        }
    }
}
