import ContainerLifecycle
import JSON
import OCISpec
import SystemCalls
import Testing

@testable import BundleRuntime

@Suite("Containers on record", .serialized)
struct BundleStoreTests {
    /// A folder for records that is there as long as a test.
    private final class Folder {
        let path = "/tmp/martlet-records-\(Processes.current)-\(UInt64.random(in: 0 ... .max))"
        deinit { try? TreeRemoval.remove(path) }
    }

    private func state(_ id: String) -> BundleState {
        BundleState(
            id: id, bundle: "/b", rootfs: "/b/root", version: "1.0.2", annotations: ["a": "b", "ü": "\n"], isWasm: true,
            hasHooks: false, owner: 5, created: 1_700_000_000_123_456_789)
    }

    private func make(_ id: String, in store: borrowing BundleStore) throws {
        let directory = try store.begin(id)
        try directory.create(state(id), configuration: Array("{}\n".utf8))
        try store.publish(id)
    }

    private static func has(_ id: String, _ store: borrowing BundleStore) throws -> Bool {
        if try store.find(id) != nil { return true }
        return false
    }

    @Test func aRecordIsReadAsItWasWritten() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        var written = state("one")
        written.phase = .started
        written.process = ProcessIdentity(number: 7, startTicks: .max)
        written.creator = ProcessIdentity(number: 8, startTicks: 9)
        written.cgroup = ["groups": []]
        written.keepsKeyring = true
        let directory = try store.begin("one")
        try directory.create(state("one"), configuration: Array("a\n\nb".utf8))
        try directory.write(written)
        #expect(try String(decoding: directory.configuration(), as: UTF8.self) == "a\n\nb")
        let read = try #require(try directory.state())
        #expect(read.json == written.json)
        #expect(read.process == written.process && read.keepsKeyring)
    }

    @Test func aLineThatACrashCutOffDoesntCount() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let directory = try store.begin("one")
        try directory.create(state("one"), configuration: [])
        let file = try Files.open("\(folder.path)/.unfinished-one/record", flags: [.writeOnly, .append])
        try Files.writeAll(file.rawValue, Array("\n{\"version\":1,".utf8))
        #expect(try directory.state()?.phase == .creating)
        var next = state("one")
        next.phase = .created
        try directory.write(next)
        #expect(try directory.state()?.phase == .created)
    }

    @Test func whatWasReadableBeforeADamagedLineIsKnown() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let directory = try store.begin("one")
        try directory.create(state("one"), configuration: Array("{}".utf8))
        var next = state("one")
        next.phase = .created
        try directory.write(next)
        let file = try Files.open("\(folder.path)/.unfinished-one/record", flags: [.writeOnly, .append])
        try Files.writeAll(file.rawValue, Array("\n{\"version\":1}\n\u{0}\n".utf8))
        #expect(throws: RuntimeFailure.self) { _ = try directory.state() }
        #expect(directory.earlierState()?.phase == .created)
    }

    @Test func whatIsTooLongToBeReadAgainIsntPutOnRecord() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let directory = try store.begin("one")
        var long = state("one")
        long.annotations["x"] = String(repeating: "x", count: ContainerDirectory.lineLimit)
        let error = #expect(throws: RuntimeFailure.self) { try directory.create(long, configuration: []) }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains("annotations") == true)
    }

    @Test func aContainerAppearsWithItsRecordAndNotBefore() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let directory = try store.begin("one")
        let none = try store.identifiers()
        #expect(none == [])
        let isThere = try Self.has("one", store)
        #expect(!isThere)
        try directory.create(state("one"), configuration: [])
        try store.publish("one")
        let ids = try store.identifiers()
        #expect(ids == ["one"])
        #expect(try FileStatus.of("\(folder.path)/one").permissions == 0o700)
        #expect(try FileStatus.of("\(folder.path)/one/record").permissions == 0o600)
        #expect(try FileStatus.of(folder.path).permissions == 0o700)
    }

    @Test func anIDIsTakenOnce() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        try make("one", in: store)
        let error = #expect(throws: RuntimeFailure.self) { _ = try store.begin("one").state() }
        #expect(error?.kind == .alreadyExists)
        #expect(error?.description.contains("already exists") == true)
    }

    @Test func whatACrashLeftOfACreationIsNoObstacle() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        try Files.makeDirectory("\(folder.path)/.unfinished-one", mode: 0o700)
        try Files.makeDirectory("\(folder.path)/.unfinished-one/deep", mode: 0o700)
        try make("one", in: store)
        let ids = try store.identifiers()
        #expect(ids == ["one"])
        let isLeft = store.hasUnfinished("one")
        #expect(!isLeft)
    }

    @Test func whoIsAtWorkOnAContainerIsntDisturbed() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let held = try store.begin("one")
        let wasRemoved = try store.removeUnfinished("one")
        #expect(!wasRemoved)
        #expect(throws: RuntimeFailure.self) { _ = try store.begin("one").state() }
        try held.create(state("one"), configuration: [])
        try store.publish("one")
        let isFree = try store.tryLock("one") != nil
        #expect(!isFree)
        withExtendedLifetime(held) {}
    }

    @Test func aRemovedContainerIsGone() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        try make("one", in: store)
        try store.remove("one")
        let none = try store.identifiers()
        #expect(none == [])
        let isThere = try Self.has("one", store)
        #expect(!isThere)
        #expect(try Files.names(inDirectory: folder.path, limit: 10) == [])
    }

    @Test func whoIsRefusedTakesBackNothingOfAnothersContainer() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        let late = try store.begin("one")
        // Another of the same id, who was quicker.
        try Files.rename("\(folder.path)/.unfinished-one", to: "\(folder.path)/aside")
        try make("one", in: store)
        try Files.rename("\(folder.path)/aside", to: "\(folder.path)/.unfinished-one")
        try store.takeBack("one", late)
        let ids = try store.identifiers()
        #expect(ids == ["one"])
        #expect(try store.find("one")?.state()?.id == "one")
        let isLeft = store.hasUnfinished("one")
        #expect(!isLeft)
        try store.takeBack("one", late)
        let isStillThere = try Self.has("one", store)
        #expect(isStillThere)
    }

    @Test func whatACrashLeftBesideAContainerDoesntKeepIt() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        try make("one", in: store)
        try Files.makeDirectory("\(folder.path)/.unfinished-one", mode: 0o700)
        try Files.makeDirectory("\(folder.path)/.unfinished-one/deep", mode: 0o700)
        let held = try Files.open("\(folder.path)/.unfinished-one", flags: [.readOnly, .directory])
        try Files.lock(held.rawValue, exclusive: true)
        #expect(throws: RuntimeFailure.self, "somebody is at work on it") { try store.remove("one") }
        #expect(try store.find("one")?.state()?.id == "one")
        try held.close()
        try store.remove("one")
        #expect(try Files.names(inDirectory: folder.path, limit: 10) == [])
    }

    @Test func anothersFileIsNoContainer() throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        _ = try Files.open("\(folder.path)/stray", flags: [.writeOnly, .create], mode: 0o600)
        let isThere = try Self.has("stray", store)
        #expect(!isThere)
        let locked = try store.lock("stray") != nil
        #expect(!locked)
    }

    @Test func aDirectoryThatOthersMayWriteToIsRefused() throws {
        let folder = Folder()
        let mask = Confinement.setFileModeMask(0)
        try Files.makeDirectory(folder.path, mode: 0o777)
        Confinement.setFileModeMask(mask)
        #expect(throws: RuntimeFailure.self) { _ = try BundleStore(path: folder.path).path }
    }

    @Test(
        "records that are none",
        arguments: [
            "", "\n", "{}", "x\n{}\n", "-1\n{}\n", "5\n{}\n", "2\n{}\n", "0\n{}", "0\n[]\n", "0\n{\"version\":2}\n",
            "0\n{\"version\":1,\"id\":\"a\"}\n", "99999999999999999999\n", "\u{0}",
        ])
    func damaged(text: String) throws {
        let folder = Folder()
        let store = try BundleStore(path: folder.path)
        try make("one", in: store)
        let file = try Files.open("\(folder.path)/one/record", flags: [.writeOnly, .truncate])
        try Files.writeAll(file.rawValue, Array(text.utf8))
        #expect(throws: RuntimeFailure.self) { _ = try store.find("one")?.state() }
    }

    @Test(
        "ids", arguments: ["a", "0", "_", "+", ".a", "a..b", "A-z_0.9+", String(repeating: "a", count: 200)])
    func good(id: String) throws { try BundleID.check(id) }

    @Test(
        "what is no id",
        arguments: [
            "", ".", "..", "a/b", "/", "a b", "ä", "a\n", "a\u{0}", ".unfinished-a",
            String(repeating: "a", count: 1025),
            String(repeating: "a", count: 250),
        ])
    func bad(id: String) {
        let error = #expect(throws: RuntimeFailure.self) { try BundleID.check(id) }
        #expect(error?.kind == .refused)
    }
}
