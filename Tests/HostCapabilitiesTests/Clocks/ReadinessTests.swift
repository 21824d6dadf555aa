import HostCapabilities
import SystemCalls
import Testing

@Suite struct ReadinessTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test func clocksMoveAndHaveAResolution() {
        for clock in [Clocks.Clock.realtime, .monotonic, .processCPU, .threadCPU] {
            let first = Clocks.now(clock)
            #expect(first > 0)
            #expect(Clocks.now(clock) >= first)
            #expect(1...1_000_000_000 ~= Clocks.resolution(clock))
        }
    }

    @Test func aDeadlineNeverWraps() {
        #expect(Deadline(after: .max).moment == .max)
        #expect(Deadline(after: .max).remaining() > 1 << 62)
        #expect(Deadline(.monotonic, at: 0).remaining() == 0)
        #expect(Deadline(.realtime, at: .max).remaining() > 0)
    }

    @Test func waitsUntilTheFirstDeadline() throws {
        let start = Clocks.now(.monotonic)
        var none: [PollRequest] = []
        let deadlines = [Deadline(after: 10_000 * Self.millisecond), Deadline(after: 20 * Self.millisecond)]
        #expect(try Readiness.wait(&none, until: deadlines, Rests()) == 0)
        #expect(20 * Self.millisecond...5000 * Self.millisecond ~= Clocks.now(.monotonic) - start)
    }

    @Test func aMomentOfTheWallClockIsReached() throws {
        var none: [PollRequest] = []
        let moment = Clocks.now(.realtime) + 20 * Self.millisecond
        #expect(try Readiness.wait(&none, until: [Deadline(.realtime, at: moment)], Rests()) == 0)
        #expect(Clocks.now(.realtime) >= moment)
    }

    @Test func aReadyDescriptorEndsTheWait() throws {
        let pipe = try Descriptors.pipe()
        try Files.writeAll(pipe.write.rawValue, [1, 2, 3])
        var requests = [PollRequest(pipe.read.rawValue, .readable), PollRequest(pipe.write.rawValue, .writable)]
        #expect(try Readiness.wait(&requests, until: [], Rests()) == 2)
        #expect(requests[0].found == .readable)
        #expect(Poll.readableBytes(pipe.read.rawValue) == 3)
    }

    @Test func randomBytesFillTheWholeBuffer() throws {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        try bytes.withUnsafeMutableBytes { try Randomness.fill($0) }
        // Each of 256 values comes up about 4,096 times; one that never does means that a part was left.
        #expect(Set(bytes).count == 256)
        #expect(bytes.suffix(4096).contains { $0 != 0 })
        try Randomness.fill(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
}
