import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct SockTests {
    /// Accepts the next connection of descriptor 3: its number.
    private static func accept(_ guest: Guest, flags: Int = 0) throws -> Int {
        try #require(try guest.call("sock_accept", 3, flags, 16) == .success)
        return Int(try #require(guest.u32(16)))
    }

    /// Receives into two buffers at 40,000: 4 bytes and the rest.
    private static func receive(
        _ guest: Guest, _ number: Int, _ count: Int = 100, flags: Int = 0
    ) throws -> (errno: Preview1Errno, text: String, flags: UInt16?) {
        guest.vectors([(40_000, min(4, count)), (40_004, max(0, count - 4))], at: 32)
        let errno = try guest.call("sock_recv", number, 32, 2, flags, 48, 52)
        let text = errno == .success ? guest.text(40_000, Int(guest.u32(48) ?? 0)) : ""
        return (errno, text, guest.number(UInt16.self, 52))
    }

    private static func send(_ guest: Guest, _ number: Int, _ text: String, flags: Int = 0) throws -> Preview1Errno {
        let place = guest.string(text)
        guest.vectors([(place[0], place[1])], at: 32)
        return try guest.call("sock_send", number, 32, 1, flags, 48)
    }

    @Test func acceptsOnAPreopenedListener() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        #expect(number == 4)
        #expect(guest.isUntouched(except: 16..<20))
        let state = try guest.state(number)
        #expect(state.type == 6)
        #expect(state.base == .connection)
        try SockPeer.write(client.rawValue, "hello world")
        #expect(try Self.receive(guest, number).text == "hello world")
        #expect(try Self.send(guest, number, "good bye") == .success)
        #expect(guest.u32(48) == 8)
        #expect(try SockPeer.read(client.rawValue) == "good bye")
    }

    @Test func filesAndSocketsAreReadAlike() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        try SockPeer.write(client.rawValue, "ping")
        #expect(try guest.readText(number) == "ping")
        #expect(try guest.writeText(number, "pong") == .success)
        #expect(try SockPeer.read(client.rawValue) == "pong")
        #expect(try guest.call("fd_seek", number, 0, 1, 64) == .spipe)
    }

    @Test func peekingLeavesTheBytes() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        try SockPeer.write(client.rawValue, "abcdef")
        #expect(try Self.receive(guest, number, 3, flags: 1).text == "abc")
        #expect(try Self.receive(guest, number).text == "abcdef")
    }

    @Test func waitingForAllFillsTheBuffers() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        let descriptor = client.rawValue
        let writer = try JoinableThread {
            for part in ["ab", "cd", "ef"] {
                try? SockPeer.write(descriptor, part)
                var none: [PollRequest] = []
                _ = try? Poll.wait(&none, timeout: 5_000_000)
            }
        }
        #expect(try Self.receive(guest, number, 6, flags: 2).text == "abcdef")
        _ = consume writer
        #expect(client.rawValue >= 0)
    }

    @Test func theEndOfTheStreamIsNoError() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        try client.close()
        let received = try Self.receive(guest, number)
        #expect(received.errno == .success)
        #expect(received.text == "")
        #expect(received.flags == 0)
    }

    @Test func aCutDatagramSaysSo() throws {
        let (guest, port) = try Guest.withListener(.udp)
        let client = try SockPeer.connect(port, .datagram)
        try SockPeer.write(client.rawValue, "0123456789")
        let received = try Self.receive(guest, 3, 6)
        #expect(received.text == "012345")
        #expect(received.flags == 1)
        #expect(try guest.state(3).type == 5)
    }

    @Test func withoutWaitingItSaysAgain() throws {
        let (guest, port) = try Guest.withListener()
        // fdflags nonblock, as wasi-libc's fcntl sets it.
        #expect(try guest.call("fd_fdstat_set_flags", 3, 4) == .success)
        #expect(try guest.call("sock_accept", 3, 0, 16) == .again)
        #expect(guest.isMarker(16, 4))
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest, flags: 4)
        #expect(try guest.state(number).flags & 4 == 4)
        #expect(try Self.receive(guest, number).errno == .again)
        #expect(client.rawValue >= 0)
    }

    @Test func shuttingDownEndsTheStream() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        #expect(try guest.call("sock_shutdown", number, 2) == .success)
        #expect(try SockPeer.read(client.rawValue) == "")
        #expect(try Self.send(guest, number, "x") == .pipe)
        #expect(try guest.call("sock_shutdown", number, 3) == .success)
        for how in [0, 4, 256, -1] { #expect(try guest.call("sock_shutdown", number, how) == .inval) }
    }

    @Test func wrongFlagsAreInvalid() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        for flags in [1, 2, 8, 16, 32, 0x10004] { #expect(try guest.call("sock_accept", 3, flags, 16) == .inval) }
        let number = try Self.accept(guest)
        #expect(try Self.receive(guest, number, flags: 4).errno == .inval)
        #expect(try Self.send(guest, number, "x", flags: 1) == .inval)
        #expect(client.rawValue >= 0)
    }

    @Test func whatIsNoSocketIsRefused() throws {
        let (guest, port) = try Guest.withListener()
        for number in [0, 1, 2] {
            #expect(try guest.call("sock_accept", number, 0, 16) == .notsock)
            #expect(try Self.receive(guest, number).errno == .notsock)
            #expect(try Self.send(guest, number, "x") == .notsock)
            #expect(try guest.call("sock_shutdown", number, 3) == .notsock)
        }
        for number in [4, -1] {
            #expect(try guest.call("sock_accept", number, 0, 16) == .badf)
            #expect(try guest.call("sock_shutdown", number, 3) == .badf)
        }
        let client = try SockPeer.connect(port)
        let number = try Self.accept(guest)
        // A connection has no right to accept.
        #expect(try guest.call("sock_accept", number, 0, 16) == .notcapable)
        #expect(client.rawValue >= 0)
    }

    @Test func aFullTableRefusesTheConnection() throws {
        var port: UInt16 = 0
        let guest = try Guest { configuration in
            port = try configuration.addListener()
            configuration.limits.openDescriptors = 4
        }
        let client = try SockPeer.connect(port)
        #expect(try guest.call("sock_accept", 3, 0, 16) == .mfile)
        #expect(client.rawValue >= 0)
        // It waits until there is room for it.
        #expect(try guest.call("fd_close", 0) == .success)
        #expect(try Self.accept(guest) == 0)
    }

    @Test func aPointerOutsideOfMemoryTrapsAndTakesNothing() throws {
        let (guest, port) = try Guest.withListener()
        let client = try SockPeer.connect(port)
        #expect(guest.trap("sock_accept", [3, 0, 65_533]) != nil)
        let number = try Self.accept(guest)
        try SockPeer.write(client.rawValue, "kept")
        guest.vectors([(40_000, 100)], at: 32)
        #expect(guest.trap("sock_recv", [number, 32, 1, 0, 65_533, 52]) != nil)
        #expect(guest.trap("sock_recv", [number, 32, 1, 0, 48, 65_535]) != nil)
        #expect(guest.trap("sock_recv", [number, 65_532, 1, 0, 48, 52]) != nil)
        #expect(guest.trap("sock_recv", [number, 0, -1, 0, 48, 52]) != nil)
        guest.vectors([(65_500, 100)], at: 32)
        #expect(guest.trap("sock_recv", [number, 32, 1, 0, 48, 52]) != nil)
        #expect(guest.trap("sock_send", [number, 32, 1, 0, 48]) != nil)
        #expect(guest.trap("sock_send", [number, 0, 0, 0, 65_533]) != nil)
        #expect(try Self.receive(guest, number).text == "kept")
    }

    @Test func twoListenersComeInOrder() throws {
        var ports: [UInt16] = []
        let guest = try Guest { configuration in
            for _ in 0..<2 {
                let listener = try SockPeer.listener()
                ports.append(try Listener.port(of: listener.rawValue))
                configuration.listeners.append(listener.release())
            }
            configuration.network.ports = [SockPeer.mapping(80), SockPeer.mapping(81)]
        }
        let second = try SockPeer.connect(ports[1])
        #expect(try guest.call("sock_accept", 4, 0, 16) == .success)
        try SockPeer.write(second.rawValue, "two")
        #expect(try Self.receive(guest, Int(try #require(guest.u32(16)))).text == "two")
    }

    @Test func aListenerThatIsNoSocketIsRefused() throws {
        let pipe = try Descriptors.pipe()
        let reading = pipe.keepRead().release()
        #expect(throws: Preview1Failure.self) { try Guest { $0.listeners = [reading] } }
        #expect(!Descriptors.isOpen(reading))
    }

    /// A program as a person would write it: accepts one connection and sends back what it reads until the end.
    private static let echo = """
        (module
          (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (if (call $accept (i32.const 3) (i32.const 0) (i32.const 0)) (then unreachable))
            (i32.store (i32.const 8) (i32.const 1024))
            (block $end (loop $next
              (i32.store (i32.const 12) (i32.const 4096))
              (if (call $read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)) (then unreachable))
              (br_if $end (i32.eqz (i32.load (i32.const 16))))
              (i32.store (i32.const 12) (i32.load (i32.const 16)))
              (if (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)) (then unreachable))
              (br $next)))
            (if (call $close (i32.load (i32.const 0))) (then unreachable))))
        """

    @Test func aGuestEchoesOnItsListener() throws {
        var configuration = Preview1Configuration()
        let port = try configuration.addListener()
        let engine = try Engine()
        let linker = try Linker(engine)
        try Preview1Context(configuration).define(in: linker)
        let prepared = try linker.prepare(Module.compile(engine, ModuleText.binary(fromText: Self.echo)))
        let thread = try JoinableThread {
            _ = try? prepared.instantiate(in: Store(engine)).call("_start")
        }
        let client = try SockPeer.connect(port)
        for text in ["hello", String(repeating: "x", count: 1000)] {
            try SockPeer.write(client.rawValue, text)
            #expect(try SockPeer.read(client.rawValue) == text)
        }
        try Sockets.shutDown(client.rawValue, .write)
        #expect(try SockPeer.read(client.rawValue) == "")
        _ = consume thread
    }
}
