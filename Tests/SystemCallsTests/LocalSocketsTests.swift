import SystemCalls
import Testing

@Suite struct LocalSocketsTests {
    @Test func whatIsPeekedAtStaysWithItsDescriptors() throws {
        let pair = try LocalSockets.messagePair()
        let file = try Files.open("/dev/null", flags: .readOnly)
        _ = try LocalSockets.send(pair.ours.rawValue, [1, 2, 3], descriptors: [file.rawValue])
        let before = try Files.names(inDirectory: "/proc/self/fd", limit: 4096).count
        #expect(try LocalSockets.peek(pair.theirs.rawValue, limit: 16) == [1, 2, 3])
        #expect(try LocalSockets.peek(pair.theirs.rawValue, limit: 16) == [1, 2, 3])
        #expect(try Files.names(inDirectory: "/proc/self/fd", limit: 4096).count == before)
        let received = try LocalSockets.receive(pair.theirs.rawValue, limit: 16, descriptorLimit: 1)
        #expect(received.bytes == [1, 2, 3] && received.descriptors.numbers.count == 1)
    }

    @Test func aLongerMessageIsAnError() throws {
        let pair = try LocalSockets.messagePair()
        _ = try LocalSockets.send(pair.ours.rawValue, [1, 2, 3])
        #expect(throws: SystemCallError.self) { try LocalSockets.peek(pair.theirs.rawValue, limit: 2) }
    }
}
