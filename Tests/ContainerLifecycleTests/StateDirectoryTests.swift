import Cgroups
import JSON
import ProbeRunner
import Sandbox
import SystemCalls
import Testing

@testable import ContainerLifecycle

@Suite struct StateDirectoryTests {
    private func record(_ name: String?, created: UInt64 = 1) throws -> ContainerRecord {
        ContainerRecord(id: try .random(), name: name, image: "hello:latest", command: ["a", "b c"], created: created)
    }

    private func state(_ directory: TemporaryDirectory) throws -> StateDirectory {
        try StateDirectory.open(path: directory.path)
    }

    @Test func aRecordIsReadAsItWasWritten() throws {
        let directory = try TemporaryDirectory()
        var record = try record("one")
        record.ports = ["8080:80/tcp"]
        record.layer = "/var/lib/x"
        record.cgroup = ContainerCgroup(groups: [.init(controllers: [], directory: "/sys/x")])
        record.exitStatus = 137
        record.exitExplanation = "killed \"so\""
        record.workload = ProcessIdentity(number: 5, startTicks: .max)
        let state = try state(directory)
        let created = try state.create(record)
        #expect(created.supervisor == .current)
        #expect(try state.record(of: record.id) == created)
        #expect(try state.find("one") == created)
    }

    @Test func theDirectoryIsOursAlone() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/state"
        #expect(try StateDirectory.open(path: path).path == path)
        #expect(try FileStatus.of(path).permissions == 0o700)
        _ = try state(directory).create(try record(nil))
        for name in try Files.names(inDirectory: directory.path, limit: 10) where name.count == 64 {
            #expect(try FileStatus.of("\(directory.path)/\(name)").permissions == 0o700)
            #expect(try FileStatus.of("\(directory.path)/\(name)/state.json").permissions == 0o600)
        }
    }

    @Test func aDirectoryThatOthersReachIsNotTrusted() throws {
        let directory = try TemporaryDirectory()
        let open = try directory.makeDirectory("open")
        #expect(throws: LifecycleError.self) { try StateDirectory.open(path: open) }
        try FileCalls.symbolicLink(to: "/root", at: "\(directory.path)/link", in: -100)
        #expect(throws: LifecycleError.self) { try StateDirectory.open(path: "\(directory.path)/link") }
        if Machine.isRoot {
            let foreign = "\(directory.path)/foreign"
            try Files.makeDirectory(foreign, mode: 0o700)
            try OwnershipCalls.setOwner(foreign, in: -100, user: 1000, group: 1000)
            #expect(throws: LifecycleError.untrusted(path: foreign, reason: "it belongs to user 1000")) {
                try StateDirectory.open(path: foreign)
            }
        }
    }

    @Test func aNameIsTakenOnce() throws {
        let directory = try TemporaryDirectory()
        let state = try state(directory)
        let first = try state.create(try record("web"))
        #expect(throws: LifecycleError.nameTaken("web", by: first.id)) { try state.create(try record("web")) }
        try ContainerRemoval(state: state).remove(first.id, force: false)
        _ = try state.create(try record("web"))
    }

    @Test(arguments: ["", "-x", ".x", "a b", "a/b", "ä", String(repeating: "x", count: 129)])
    func aNameThatIsNoNameIsRefused(_ name: String) throws {
        let directory = try TemporaryDirectory()
        #expect(throws: LifecycleError.malformedName(name)) { try state(directory).create(try record(name)) }
    }

    @Test func aContainerIsFoundByTheBeginningOfItsID() throws {
        let directory = try TemporaryDirectory()
        let state = try state(directory)
        let records = try (0..<40).map { try state.create(try record(nil, created: UInt64($0))) }
        #expect(try state.records().map(\.id) == records.map(\.id), "oldest first")
        #expect(try state.find(records[3].id.text) == records[3])
        #expect(try state.find(records[3].id.short) == records[3])
        let first = String(records[3].id.text.prefix(1))
        let sameBeginning = records.filter { $0.id.text.hasPrefix(first) }.count
        if sameBeginning > 1 {
            #expect(throws: LifecycleError.ambiguous(first, matches: sameBeginning)) { try state.find(first) }
        }
        for text in ["", "nothing", "../etc"] { #expect(throws: LifecycleError.unknown(text)) { try state.find(text) } }
    }

    @Test(arguments: ["", "{}", "{\"version\":2}", "null", "[1", "{\"version\":1,\"id\":\"x\"}"])
    func aDamagedRecordIsSaidToBeAndDoesNotHideOthers(_ text: String) throws {
        let directory = try TemporaryDirectory()
        let state = try state(directory)
        let damaged = try state.create(try record(nil))
        let good = try state.create(try record("good"))
        try directory.write("\(damaged.id.text)/state.json", text)
        #expect(try state.records() == [good])
        let error = #expect(throws: LifecycleError.self) { try state.find(damaged.id.short) }
        #expect(error?.description.contains("state.json") == true)
    }

    @Test(arguments: ["{", nil])
    func aDamagedContainerIsRemovedByItsIDAndByForce(_ text: String?) throws {
        let directory = try TemporaryDirectory()
        let state = try state(directory)
        let id = try state.create(try record(nil)).id
        if let text {
            try directory.write("\(id.text)/state.json", text)
        } else {
            try Files.unlink("\(directory.path)/\(id.text)/state.json", in: Files.currentDirectory)
        }
        #expect(try state.identify(id.short) == id)
        #expect(throws: LifecycleError.self) { try ContainerRemoval(state: state).remove(id, force: false) }
        try ContainerRemoval(state: state).remove(id, force: true)
        #expect(!directory.exists(id.text))
        #expect(throws: LifecycleError.unknown(id.short)) { try state.identify(id.short) }
        #expect(throws: LifecycleError.self) { try ContainerRemoval(state: state).remove(id, force: true) }
    }

    @Test func whatACrashLeftHalfMadeIsSweptAway() throws {
        let directory = try TemporaryDirectory()
        let state = try state(directory)
        try directory.write(".unfinished-abc/state.json", "{")
        #expect(try state.records().isEmpty)
        _ = try state.create(try record(nil))
        #expect(!directory.exists(".unfinished-abc"))
    }

    @Test func aNumberThatWasReusedIsAnotherProcess() throws {
        let own = try #require(ProcessIdentity.current)
        #expect(own.isAlive)
        #expect(!ProcessIdentity(number: own.number, startTicks: own.startTicks + 1).isAlive)
        #expect(try ProcessIdentity(number: own.number, startTicks: own.startTicks + 1).open() == nil)
    }

    @Test func aProcessNameWithParenthesesIsNoTrap() throws {
        let fields = (4...30).map { String($0) }.joined(separator: " ")
        let status = try #require(ProcessStatus(Array("12 (a) R 1 (b) ) S \(fields)".utf8)))
        #expect(status.startTicks == 22 && !status.isDead)
        // What makes one character of a parenthesis and itself, before it and behind it.
        for name in ["a\u{600}", "a)\u{301}"] {
            #expect(try #require(ProcessStatus(Array("12 (\(name)) S \(fields)".utf8))).startTicks == status.startTicks)
        }
        let zombie = try #require(ProcessStatus(Array("12 (x) Z \(fields)".utf8)))
        #expect(zombie.isDead)
        for text in ["", "12 x S 1", "12 (x) S 1 2 3"] { #expect(ProcessStatus(Array(text.utf8)) == nil) }
    }

    @Test func agesAreSaidInOneUnit() {
        let second: UInt64 = 1_000_000_000
        let cases: [(UInt64, String)] = [
            (0, "0 seconds"), (1, "1 second"), (119, "1 minute"), (7200, "2 hours"), (90_000, "1 day"),
        ]
        for (seconds, text) in cases {
            #expect(ContainerRow.age(since: second, now: second + seconds * second) == text)
        }
        #expect(ContainerRow.age(since: second, now: 0) == "0 seconds", "a clock that was set back")
    }
}
