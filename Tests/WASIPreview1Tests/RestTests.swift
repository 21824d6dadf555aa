import HostCapabilities
import SystemCalls
import Testing

@testable import WASIPreview1

@Suite struct RestTests {
    private static let pause: UInt64 = 200_000_000

    /// Does something after a while, on a thread of its own.
    private static func later(_ body: @escaping @Sendable () throws -> Void) throws {
        try Threads.startDetached(stackSize: 1 << 18) {
            var nothing: [PollRequest] = []
            _ = try? Poll.wait(&nothing, timeout: pause)
            try? body()
        }
    }

    /// A subscription to read from a descriptor, at the start of the memory.
    private static func subscribe(_ guest: Guest, _ number: UInt32) {
        guest.write(77 as UInt64, 0)
        guest.write(1 as UInt8, 8)
        guest.write(number, 16)
    }

    @Test func aGuestThatPollsForLongRestsOnceAndHearsWhatCame() throws {
        let pipe = try Descriptors.pipe()
        let (read, write) = (pipe.read.rawValue, pipe.write.rawValue)
        let guest = try Guest { $0.standardInput = read }
        guest.context.rests.allow()
        Self.subscribe(guest, 0)
        try Self.later { try Files.writeAll(write, [1, 2, 3]) }
        #expect(try guest.call("poll_oneoff", 0, 4096, 1, 8192) == .success)
        #expect(guest.u32(8192) == 1)
        #expect(guest.u64(4096) == 77)
        #expect(guest.u64(4096 + 16) == 3)
        #expect(guest.context.rests.count == 1)
    }

    @Test func aGuestThatSleepsShortlyInALoopNeverRests() throws {
        let guest = try Guest()
        guest.context.rests.allow()
        for _ in 0..<3 {
            guest.clear()
            guest.write(1 as UInt32, 16)
            guest.write(100_000_000 as UInt64, 24)
            #expect(try guest.call("poll_oneoff", 0, 4096, 1, 8192) == .success)
            #expect(guest.u32(8192) == 1)
        }
        #expect(guest.context.rests.count == 0)
    }

    @Test func aGuestThatReadsWhatIsNotThereYetRestsUntilItComes() throws {
        let pipe = try Descriptors.pipe()
        let (read, write) = (pipe.read.rawValue, pipe.write.rawValue)
        let guest = try Guest { $0.standardInput = read }
        guest.context.rests.allow()
        guest.vectors([(4096, 100)], at: 0)
        for count in 1...2 {
            try Self.later { try Files.writeAll(write, Array("hello".utf8)) }
            #expect(try guest.call("fd_read", 0, 0, 1, 8192) == .success)
            #expect(guest.u32(8192) == 5)
            #expect(guest.text(4096, 5) == "hello")
            #expect(guest.context.rests.count == count)
        }
        try Files.writeAll(write, [1])
        #expect(try guest.call("fd_read", 0, 0, 1, 8192) == .success)
        #expect(guest.context.rests.count == 2)
    }

    @Test func aServerRestsBetweenConnectionsAndOnThem() throws {
        let (guest, port) = try Guest.withListener()
        guest.context.rests.allow()
        try Self.later {
            let client = try SockPeer.connect(port)
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: Self.pause)
            try SockPeer.write(client.rawValue, "hi")
        }
        #expect(try guest.call("sock_accept", 3, 0, 8192) == .success)
        #expect(guest.context.rests.count == 1)
        let connection = Int(try #require(guest.u32(8192)))
        guest.vectors([(4096, 100)], at: 0)
        #expect(try guest.call("sock_recv", connection, 0, 1, 0, 8192, 8200) == .success)
        #expect(guest.text(4096, 2) == "hi")
        #expect(guest.context.rests.count == 2)
    }

    @Test func aSocketThatDoesNotWaitSaysSoAtOnce() throws {
        let (guest, port) = try Guest.withListener()
        guest.context.rests.allow()
        let client = try SockPeer.connect(port)
        defer { _ = client.rawValue }
        #expect(try guest.call("sock_accept", 3, 4, 8192) == .success)
        let connection = Int(try #require(guest.u32(8192)))
        guest.vectors([(4096, 100)], at: 0)
        #expect(try guest.call("sock_recv", connection, 0, 1, 0, 8192, 8200) == .again)
        #expect(guest.context.rests.count == 0)
    }
}
