import SystemCalls
import Testing

@testable import BundleRuntime

@Suite("The words between a container's first process and its creator")
struct InitChannelTests {
    @Test(
        "each message is read as it was written",
        arguments: [
            .spawned(4711), .spawned(.max), .needsMapping, .go, .groups, .mounted, .hooksDone(process: 1),
            .ready(trace: ""), .ready(trace: "1 a\n2 b\n"), .recorded(process: 3, startsNow: true),
            .recorded(process: 3, startsNow: false),
            .executing, .warning("ä"), .failed(RuntimeFailure(.programNotFound, "x: no such file")),
        ] as [InitMessage])
    func roundTrip(message: InitMessage) { #expect(InitMessage(message.bytes) == message) }

    @Test(
        "what is no message is refused",
        arguments: [
            [], [0], [112], [112, 1, 2, 3], [112, 1, 2, 3, 4, 5], [100, 1], [102], [102, 200, 65], [104], [255],
            // More than there should be, a flag of 2, a text with NUL, one that isn't UTF-8, one that is cut off.
            [103, 0], [100, 1, 0, 0, 0, 2], [119, 1, 0, 0, 0, 0], [119, 1, 0, 0, 0, 255], [119, 2, 0, 0, 0, 65],
        ])
    func malformed(bytes: [UInt8]) { #expect(InitMessage(bytes) == nil) }

    @Test func aLongReasonIsCutToAMessage() throws {
        let pair = try LocalSockets.messagePair().release()
        let ours = InitChannel(OwnedDescriptor(adopting: pair.ours))
        let theirs = InitChannel(OwnedDescriptor(adopting: pair.theirs))
        theirs.send(.failed(RuntimeFailure(.system, String(repeating: "x", count: 100_000))))
        guard case .failed(let failure) = ours.receive() else {
            Issue.record("no failure came")
            return
        }
        #expect(failure.description.utf8.count == InitMessage.textLimit)
    }

    @Test func aTextIsCutWhereACharacterBeginsAndLosesNUL() {
        let long = "x" + String(repeating: "\u{e4}", count: InitMessage.textLimit)
        guard case .warning(let text) = InitMessage(InitMessage.warning(long).bytes) else {
            Issue.record("not read again")
            return
        }
        #expect(text.utf8.count == InitMessage.textLimit - 1 && long.hasPrefix(text))
        #expect(InitMessage(InitMessage.warning("a\0b").bytes) == .warning("ab"))
    }

    @Test func aPeerThatIsGoneIsNoMessage() throws {
        let pair = try LocalSockets.messagePair().release()
        try OwnedDescriptor(adopting: pair.theirs).close()
        let ours = InitChannel(OwnedDescriptor(adopting: pair.ours))
        ours.send(.go)
        #expect(ours.receive() == nil)
    }

    @Test func descriptorsTravelWithBytes() throws {
        let pair = try LocalSockets.messagePair().release()
        let ours = OwnedDescriptor(adopting: pair.ours)
        let theirs = OwnedDescriptor(adopting: pair.theirs)
        let pipe = try Descriptors.pipe()
        try LocalSockets.send(theirs.rawValue, [1, 2], descriptors: [pipe.read.rawValue, pipe.write.rawValue])
        var received = try LocalSockets.receive(ours.rawValue, limit: 10, descriptorLimit: 1)
        let (bytes, numbers) = (received.bytes, received.descriptors.release())
        #expect(bytes == [1, 2])
        #expect(numbers.count == 1)
        let file = OwnedDescriptor(adopting: try #require(numbers.first))
        #expect(try FileStatus.of(file.rawValue).inode == FileStatus.of(pipe.read.rawValue).inode)
    }

    @Test func filesOfGroupsComeWithTheirMessageAlone() throws {
        let pair = try LocalSockets.messagePair().release()
        let ours = InitChannel(OwnedDescriptor(adopting: pair.ours))
        let theirs = InitChannel(OwnedDescriptor(adopting: pair.theirs))
        let pipe = try Descriptors.pipe()
        theirs.send(.groups, descriptors: [pipe.read.rawValue, pipe.write.rawValue])
        #expect(count(ours.receiveGroups()) == 2)
        theirs.send(.groups)
        #expect(count(ours.receiveGroups()) == 0)
        theirs.send(.go, descriptors: [pipe.read.rawValue])
        #expect(count(ours.receiveGroups()) == nil)
        try theirs.takeSocket().close()
        #expect(count(ours.receiveGroups()) == nil)
    }

    private func count(_ files: consuming OwnedDescriptors?) -> Int? {
        guard let files else { return nil }
        return files.numbers.count
    }

    @Test func aMessageThatDoesntFitIsAnError() throws {
        let pair = try LocalSockets.messagePair().release()
        let ours = OwnedDescriptor(adopting: pair.ours)
        let theirs = OwnedDescriptor(adopting: pair.theirs)
        try LocalSockets.send(theirs.rawValue, [1, 2, 3])
        #expect(throws: SystemCallError.self) { _ = try LocalSockets.receive(ours.rawValue, limit: 2) }
    }

    @Test func aSocketAtALongPathIsReached() throws {
        let folder = "/tmp/martlet-\(Processes.current)-" + String(repeating: "l", count: 120)
        try Files.makeDirectory(folder, mode: 0o700)
        defer { try? TreeRemoval.remove(folder) }
        let directory = try Files.open(folder, flags: [.path, .directory])
        let listener = try LocalSockets.listen(at: "/proc/self/fd/\(directory.rawValue)/s")
        #expect(try FileStatus.of("\(folder)/s").permissions == 0o600)
        _ = try LocalSockets.connect(toLongPath: "\(folder)/s")
        withExtendedLifetime(listener) {}
    }

    /// What `start` makes of these messages and the end behind them.
    private func answer(_ messages: [[UInt8]]) throws -> (warnings: [String], failure: RuntimeFailure?) {
        let pair = try LocalSockets.messagePair().release()
        let ours = OwnedDescriptor(adopting: pair.ours)
        let theirs = OwnedDescriptor(adopting: pair.theirs)
        for message in messages { try LocalSockets.send(theirs.rawValue, message) }
        try theirs.close()
        var warnings: [String] = []
        do throws(RuntimeFailure) {
            try StartAnswer.wait(on: ours.rawValue) { warnings.append($0) }
            return (warnings, nil)
        } catch { return (warnings, error) }
    }

    @Test func aProgramHasBegunWhenTheConnectionEndsAfterItsWord() throws {
        #expect(try answer([InitMessage.executing.bytes]).failure == nil)
        let warned = try answer([InitMessage.warning("w").bytes, InitMessage.executing.bytes])
        #expect(warned.failure == nil)
        #expect(warned.warnings == ["w"])
    }

    @Test func aProcessThatWasKilledBeforeHasntBegun() throws {
        #expect(try answer([]).failure != nil)
        #expect(try answer([InitMessage.warning("w").bytes]).failure != nil)
    }

    @Test func aProgramThatCantBeExecutedIsToldAfterTheWord() throws {
        let failure = RuntimeFailure(.programNotFound, "x")
        #expect(
            try answer([InitMessage.executing.bytes, InitMessage.failed(failure).bytes]).failure == failure)
    }

    @Test func theLastWordIsHeardOfWhoLeftOursUnread() throws {
        for isStart in [false, true] {
            let pair = try LocalSockets.messagePair().release()
            let ours = InitChannel(OwnedDescriptor(adopting: pair.ours))
            let theirs = InitChannel(OwnedDescriptor(adopting: pair.theirs))
            let failure = RuntimeFailure(.refused, "why")
            ours.send(.go)
            theirs.send(.failed(failure))
            try theirs.takeSocket().close()
            if isStart {
                let thrown = #expect(throws: RuntimeFailure.self) {
                    try StartAnswer.wait(on: ours.rawValue) { _ in }
                }
                #expect(thrown == failure)
            } else {
                #expect(ours.receive() == .failed(failure))
                #expect(ours.receive() == nil)
            }
        }
    }

    @Test func aGuestSaysThatItBeginsOrWhyNot() throws {
        #expect(try answer([[1]]).failure == nil)
        #expect(try answer([[2] + Array("why".utf8)]).failure?.description == "why")
    }
}
