import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct PollTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let events = 4096
    private static let result = 8192
    private static let userData: UInt64 = 0x0102_0304_0506_0700

    /// Writes a subscription at its place in the list that begins at 0.
    private static func clock(
        _ guest: Guest, _ index: Int = 0, id: UInt32 = 1, for timeout: UInt64, flags: UInt16 = 0, stride: Int = 48
    ) {
        let start = index * stride
        let shift = start + stride - 48
        guest.write(userData + UInt64(index), start)
        guest.write(0 as UInt8, start + 8)
        guest.write(id, shift + 16)
        guest.write(timeout, shift + 24)
        guest.write(0 as UInt64, shift + 32)
        guest.write(flags, shift + 40)
    }

    private static func descriptor(_ guest: Guest, _ index: Int = 0, tag: UInt8, _ number: UInt32, stride: Int = 48) {
        guest.write(userData + UInt64(index), index * stride)
        guest.write(tag, index * stride + 8)
        guest.write(number, index * stride + 16)
    }

    private struct Event: Equatable {
        var index: UInt64
        var error = Preview1Errno.success
        var tag: UInt8
        var count: UInt64 = 0
        var flags: UInt16 = 0
    }

    /// Polls and reads what was reported.
    private static func poll(_ guest: Guest, _ count: Int) throws -> [Event] {
        guest.write([UInt8](repeating: Guest.marker, count: 256), events)
        try #require(try guest.call("poll_oneoff", 0, events, count, result) == .success)
        let found = Int(try #require(guest.u32(result)))
        #expect(guest.isMarker(events + found * 32, 32))
        return try (0..<found).map { index in
            let at = events + index * 32
            let head = try #require(guest.u64(at + 8))
            return Event(
                index: try #require(guest.u64(at)) - userData, error: Preview1Errno(rawValue: UInt16(head & 0xffff)),
                tag: UInt8(head >> 16 & 0xff), count: try #require(guest.u64(at + 16)),
                flags: try #require(guest.number(UInt16.self, at + 24)))
        }
    }

    @Test func withoutSubscriptionsItIsInvalid() throws {
        let guest = try Guest()
        #expect(try guest.call("poll_oneoff", 0, 4096, 0, 8192) == .inval)
        #expect(guest.isMarker(8192, 4))
    }

    @Test func moreSubscriptionsThanTheLimitAreInvalid() throws {
        let guest = try Guest { $0.limits.subscriptions = 2 }
        #expect(try guest.call("poll_oneoff", 0, 4096, 3, 8192) == .inval)
        #expect(try guest.call("poll_oneoff", 0, 4096, -1, 8192) == .inval)
    }

    @Test func aRelativeClockWaitsAndReportsItself() throws {
        let guest = try Guest()
        for id: UInt32 in [0, 1] {
            Self.clock(guest, id: id, for: 20 * Self.millisecond)
            let start = Clocks.now(.monotonic)
            #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 0)])
            #expect(Clocks.now(.monotonic) - start >= 20 * Self.millisecond)
        }
    }

    @Test func anAbsoluteClockThatPassedIsReady() throws {
        let guest = try Guest()
        for id: UInt32 in [0, 1] {
            Self.clock(guest, id: id, for: 1, flags: 1)
            #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 0)])
        }
    }

    @Test func anAbsoluteClockWaitsForItsMoment() throws {
        let guest = try Guest()
        for (id, clock) in [(0, Clocks.Clock.realtime), (1, .monotonic)] as [(UInt32, Clocks.Clock)] {
            let moment = Clocks.now(clock) + 20 * Self.millisecond
            Self.clock(guest, id: id, for: moment, flags: 1)
            #expect(try Self.poll(guest, 1).count == 1)
            #expect(Clocks.now(clock) >= moment)
        }
    }

    @Test func theEarlierClockEndsTheWait() throws {
        let guest = try Guest()
        Self.clock(guest, 0, for: .max)
        Self.clock(guest, 1, for: 1)
        #expect(try Self.poll(guest, 2) == [Event(index: 1, tag: 0)])
    }

    @Test func aClockThatCannotBeWaitedForIsItsEventsError() throws {
        let guest = try Guest()
        for id: UInt32 in [2, 3, 4, .max] {
            Self.clock(guest, 0, id: id, for: 1)
            Self.clock(guest, 1, for: .max)
            #expect(try Self.poll(guest, 2) == [Event(index: 0, error: .inval, tag: 0)])
        }
    }

    @Test func unknownTagsAndFlagsAreInvalid() throws {
        let guest = try Guest()
        Self.descriptor(guest, tag: 3, 0)
        #expect(try guest.call("poll_oneoff", 0, 4096, 1, 8192) == .inval)
        Self.clock(guest, for: 1, flags: 2)
        #expect(try guest.call("poll_oneoff", 0, 4096, 1, 8192) == .inval)
    }

    @Test func aDescriptorThatIsNotOpenIsItsEventsError() throws {
        let guest = try Guest()
        Self.descriptor(guest, 0, tag: 1, 77)
        Self.descriptor(guest, 1, tag: 2, .max)
        Self.clock(guest, 2, for: .max)
        #expect(
            try Self.poll(guest, 3) == [Event(index: 0, error: .badf, tag: 1), Event(index: 1, error: .badf, tag: 2)])
    }

    @Test func anUnreadableStreamLacksTheRight() throws {
        let pipe = try Descriptors.pipe()
        let guest = try Guest { $0.standardOutput = pipe.write.rawValue }
        try guest.context.descriptors.narrow(1, base: .fdFilestatGet, inheriting: [])
        Self.descriptor(guest, tag: 2, 1)
        #expect(try Self.poll(guest, 1) == [Event(index: 0, error: .notcapable, tag: 2)])
    }

    @Test func aPipeCountsItsBytesAndShowsItsEnd() throws {
        let pipe = try Descriptors.pipe()
        let guest = try Guest { $0.standardInput = pipe.read.rawValue }
        Self.descriptor(guest, 0, tag: 1, 0)
        Self.clock(guest, 1, for: 10 * Self.millisecond)
        #expect(try Self.poll(guest, 2) == [Event(index: 1, tag: 0)])
        try SockPeer.write(pipe.write.rawValue, "hello")
        #expect(try Self.poll(guest, 2) == [Event(index: 0, tag: 1, count: 5)])
        let reading = pipe.keepRead()
        #expect(try Self.poll(guest, 2) == [Event(index: 0, tag: 1, count: 5, flags: 1)])
        _ = try SockPeer.read(reading.rawValue)
        #expect(try Self.poll(guest, 2) == [Event(index: 0, tag: 1, count: 0, flags: 1)])
        // Open until here: the guest's stream is lent.
        #expect(reading.rawValue >= 0)
    }

    @Test func aPipeWithoutReaderHangsUpOnItsWriter() throws {
        let pipe = try Descriptors.pipe()
        let guest = try Guest { $0.standardOutput = pipe.write.rawValue }
        Self.descriptor(guest, tag: 2, 1)
        #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 2, count: 1)])
        let writing = pipe.keepWrite()
        #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 2, count: 1, flags: 1)])
        #expect(writing.rawValue >= 0)
    }

    @Test func aRegularFileIsReadyAndCountsWhatIsLeft() throws {
        let file = try Files.open("/proc/self/exe", flags: [.readOnly])
        let size = try FileStatus.of(file.rawValue).size
        let guest = try Guest { $0.standardInput = file.rawValue }
        Self.descriptor(guest, 0, tag: 1, 0)
        Self.clock(guest, 1, for: .max)
        #expect(try Self.poll(guest, 2) == [Event(index: 0, tag: 1, count: UInt64(size))])
        _ = try TransferCalls.seek(file.rawValue, 0, from: .end)
        #expect(try Self.poll(guest, 2) == [Event(index: 0, tag: 1, count: 0, flags: 1)])
        #expect(file.rawValue >= 0)
    }

    @Test func aListenerIsReadyWhenSomebodyConnects() throws {
        let (guest, port) = try Guest.withListener()
        Self.descriptor(guest, 0, tag: 1, 3)
        Self.clock(guest, 1, for: 10 * Self.millisecond)
        #expect(try Self.poll(guest, 2) == [Event(index: 1, tag: 0)])
        let client = try SockPeer.connect(port)
        #expect(try Self.poll(guest, 2).map(\.index) == [0])
        #expect(try guest.call("sock_accept", 3, 0, 9000) == .success)
        Self.descriptor(guest, 0, tag: 2, try #require(guest.u32(9000)))
        #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 2, count: 1)])
        #expect(client.rawValue >= 0)
    }

    @Test func theUnstableLayoutIsWider() throws {
        let pipe = try Descriptors.pipe()
        let guest = try Guest(.unstable) { $0.standardInput = pipe.read.rawValue }
        try SockPeer.write(pipe.write.rawValue, "abc")
        Self.clock(guest, 0, for: 1, stride: 56)
        #expect(try Self.poll(guest, 1) == [Event(index: 0, tag: 0)])
        Self.clock(guest, 0, for: .max, stride: 56)
        Self.descriptor(guest, 1, tag: 1, 0, stride: 56)
        #expect(try Self.poll(guest, 2) == [Event(index: 1, tag: 1, count: 3)])
    }

    @Test(arguments: [(65_500, 4096, 8192), (0, 65_510, 8192), (0, 4096, 65_534), (.max, 4096, 8192)])
    func aPointerOutsideOfMemoryTrapsBeforeTheWait(input: Int, output: Int, result: Int) throws {
        let guest = try Guest()
        Self.clock(guest, for: .max)
        #expect(throws: EngineError.self) { try guest.call("poll_oneoff", input, output, 1, result) }
    }
}
