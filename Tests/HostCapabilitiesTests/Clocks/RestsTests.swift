import HostCapabilities
import SystemCalls
import Testing

@Suite struct RestsTests {
    private static let millisecond: UInt64 = 1_000_000

    /// Writes a byte to a pipe after so long, from a thread of its own.
    private static func write(to pipe: borrowing Pipe, after nanoseconds: UInt64) throws {
        let descriptor = pipe.write.rawValue
        try Threads.startDetached(stackSize: 1 << 18) {
            var nothing: [PollRequest] = []
            _ = try? Poll.wait(&nothing, timeout: nanoseconds)
            try? Files.writeAll(descriptor, [7])
        }
    }

    @Test func nobodyRestsWhereItIsNotAllowed() throws {
        let pipe = try Descriptors.pipe()
        let rests = Rests()
        try Self.write(to: pipe, after: 150 * Self.millisecond)
        var requests = [PollRequest(pipe.read.rawValue, .readable)]
        #expect(try rests.wait(&requests, timeout: nil) == 1)
        #expect(rests.count == 0)
    }

    @Test func aLongWaitRestsOnceAndFindsWhatCame() throws {
        let pipe = try Descriptors.pipe()
        let rests = Rests()
        rests.allow()
        try Self.write(to: pipe, after: 300 * Self.millisecond)
        var requests = [PollRequest(pipe.write.rawValue, []), PollRequest(pipe.read.rawValue, .readable)]
        #expect(try rests.wait(&requests, timeout: nil) == 1)
        #expect(requests.map(\.found) == [[], .readable])
        #expect(rests.count == 1)
    }

    @Test func whatIsThereIsFoundWithoutARest() throws {
        let pipe = try Descriptors.pipe()
        try Files.writeAll(pipe.write.rawValue, [1])
        let rests = Rests()
        rests.allow()
        var requests = [PollRequest(pipe.read.rawValue, .readable)]
        #expect(try rests.wait(&requests, timeout: nil) == 1)
        #expect(rests.count == 0)
    }

    @Test func shortWaitsDoNotRestHoweverOften() throws {
        let rests = Rests()
        rests.allow()
        var none: [PollRequest] = []
        for _ in 0..<5 { #expect(try rests.wait(&none, timeout: 70 * Self.millisecond) == 0) }
        #expect(rests.count == 0)
    }

    @Test func theTimeOfARestIsTheOneThatWasAskedFor() throws {
        let rests = Rests()
        rests.allow()
        var none: [PollRequest] = []
        let start = Clocks.now(.monotonic)
        #expect(try rests.wait(&none, timeout: 2000 * Self.millisecond) == 0)
        #expect(1999 * Self.millisecond...20_000 * Self.millisecond ~= Clocks.now(.monotonic) - start)
        #expect(rests.count == 1)
    }

    @Test func whoSleepsDeeplyIsWokenBeforeTheWaitEnds() throws {
        let pipe = try Descriptors.pipe()
        let rests = Rests()
        let told = Mutex<[String]>([])
        rests.allow(
            sleep: Rests.DeepSleep(
                begin: {
                    told.withLock { $0.append("begin") }
                    return true
                }, end: { told.withLock { $0.append("end") } }))
        try Self.write(to: pipe, after: 2500 * Self.millisecond)
        var requests = [PollRequest(pipe.read.rawValue, .readable)]
        #expect(try rests.wait(&requests, timeout: nil) == 1)
        #expect(told.withLock { $0 } == ["begin", "end"])
    }

    @Test func whoCannotSleepDeeplyIsNotWoken() throws {
        let pipe = try Descriptors.pipe()
        let rests = Rests()
        let ends = Mutex(0)
        rests.allow(sleep: Rests.DeepSleep(begin: { false }, end: { ends.withLock { $0 += 1 } }))
        try Self.write(to: pipe, after: 2500 * Self.millisecond)
        var requests = [PollRequest(pipe.read.rawValue, .readable)]
        #expect(try rests.wait(&requests, timeout: nil) == 1)
        #expect(ends.withLock { $0 } == 0)
    }

    @Test func aStreamIsReadWhenSomethingComes() throws {
        let pipe = try Descriptors.pipe()
        let rests = Rests()
        rests.allow()
        try Self.write(to: pipe, after: 200 * Self.millisecond)
        #expect(try Self.read(pipe.read.rawValue, rests) == [7])
        #expect(rests.count == 1)
    }

    @Test func aStreamThatDoesNotWaitSaysSoAtOnce() throws {
        let pipe = try Descriptors.pipe()
        try TransferCalls.setStatusFlags(pipe.read.rawValue, .nonBlocking)
        let rests = Rests()
        rests.allow()
        #expect(throws: Errno.again) { try Self.read(pipe.read.rawValue, rests) }
        #expect(rests.count == 0)
    }

    private static func read(_ descriptor: Int32, _ rests: Rests) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = try buffer.withUnsafeMutableBytes { bytes in
            try withUnsafePointer(to: IOVector(bytes)) { vector in
                try rests.read(descriptor, into: UnsafeBufferPointer(start: vector, count: 1))
            }
        }
        return Array(buffer.prefix(count))
    }
}
