import HostCapabilities
import SystemCalls
import Testing
import WasmEngine

@testable import WASIPreview1

@Suite struct WasmEdgeTests {
    /// WasmEdge's functions and the standard ones that go with them; of names with several forms the one with `counts`
    /// parameters, or the first.
    private static func functions(_ counts: [String: Int] = [:]) -> [Preview1Function] {
        var seen: Set<String> = []
        let standard = Preview1Functions.all.filter { !["sock_accept"].contains($0.name) }
        return (WasmEdgeFunctions.table + standard).filter { function in
            guard counts[function.name] ?? function.parameters.count == function.parameters.count else { return false }
            return seen.insert(function.name).inserted
        }
    }

    private static func guest(
        _ counts: [String: Int] = [:], ports: [PortMapping] = [], outbound: String = "", hosts: String = ""
    ) throws -> Guest {
        let rules = outbound.isEmpty ? [] : try OutboundRule.list(parsing: outbound)
        return try Guest(functions: functions(counts)) {
            $0.network = NetworkPolicy(ports: ports, outbound: rules)
            $0.resolver = ResolverConfiguration(
                hostsFile: hosts, resolverFile: "nameserver 192.0.2.1\noptions timeout:1 attempts:1")
        }
    }

    private static func open(_ guest: Guest, family: Int = 1, kind: Int = 2) throws -> Int {
        try #require(try guest.call("sock_open", family, kind, 16) == .success)
        return Int(try #require(guest.u32(16)))
    }

    /// Puts an address into the guest: the `address` struct is at 100, its bytes at 200.
    private static func address(_ guest: Guest, _ bytes: [UInt8], size: Int? = nil) -> Int {
        guest.write([UInt8](repeating: 0, count: 128), 200)
        guest.write(bytes, 200)
        guest.words(100, 200, UInt32(size ?? bytes.count))
        return 100
    }

    private static let loopback: [UInt8] = [127, 0, 0, 1]
    private static let storage: [UInt8] = [1, 0, 127, 0, 0, 1]

    @Test func connectsWhereTheRulesAllow() throws {
        let server = try SockPeer.listener()
        let port = Int(try Listener.port(of: server.rawValue))
        let guest = try Self.guest(outbound: "127.0.0.1:\(port)")
        for (bytes, size) in [(Self.loopback, 4), (Self.storage, 128)] {
            let number = try Self.open(guest)
            #expect(try guest.call("sock_connect", number, Self.address(guest, bytes, size: size), port) == .success)
            let accepted = try Sockets.accept(server.rawValue, nonBlocking: false)
            #expect(try guest.writeText(number, "hi") == .success)
            #expect(try SockPeer.read(accepted.rawValue) == "hi")
        }
    }

    @Test func refusesToConnectElsewhere() throws {
        let server = try SockPeer.listener()
        let port = Int(try Listener.port(of: server.rawValue))
        for outbound in ["127.0.0.1:\(port ^ 1)", "*", "10.0.0.0/8"] {
            let guest = try Self.guest(outbound: outbound)
            let number = try Self.open(guest)
            #expect(try guest.call("sock_connect", number, Self.address(guest, Self.loopback), port) == .acces)
        }
        #expect(try Self.guest().call("sock_open", 1, 2, 16) == .acces)
    }

    @Test func aClosedPortIsTheKernelsError() throws {
        let server = try SockPeer.listener()
        let port = Int(try Listener.port(of: server.rawValue))
        try server.close()
        let guest = try Self.guest(outbound: "127.0.0.1:*")
        #expect(
            try guest.call("sock_connect", Self.open(guest), Self.address(guest, Self.loopback), port) == .connrefused)
    }

    @Test func listensOnAGrantedPortAndNoOther() throws {
        let (guest, port) = try Guest.withListener(functions: Self.functions(["sock_accept": 2]))
        let number = try Self.open(guest)
        let any = Self.address(guest, [0, 0, 0, 0])
        #expect(try guest.call("sock_bind", number, any, 81) == .acces)
        #expect(try guest.call("sock_listen", number, 16) == .acces)
        #expect(try guest.call("sock_bind", number, any, 80) == .success)
        #expect(try guest.call("sock_listen", number, 16) == .success)
        let client = try SockPeer.connect(port)
        #expect(try guest.call("sock_accept", number, 20) == .success)
        let connection = Int(try #require(guest.u32(20)))
        try SockPeer.write(client.rawValue, "ping")
        #expect(try guest.readText(connection) == "ping")
    }

    @Test func theEndsOfAConnectionAreTold() throws {
        let (guest, port) = try Guest.withListener(functions: Self.functions(["sock_accept": 2]))
        let client = try SockPeer.connect(port)
        #expect(try guest.call("sock_accept", 3, 20) == .success)
        let number = Int(try #require(guest.u32(20)))
        let clientPort = try Listener.port(of: client.rawValue)
        #expect(try guest.call("sock_getpeeraddr", number, Self.address(guest, [0, 0, 0, 0]), 300, 304) == .success)
        #expect(guest.bytes(200, 4) == Self.loopback)
        #expect(guest.u32(300) == 4)
        #expect(guest.u32(304) == UInt32(clientPort))
        // The guest knows its own port, not the host's.
        #expect(try guest.call("sock_getlocaladdr", number, Self.address(guest, [], size: 16), 300, 304) == .success)
        #expect(guest.u32(304) == 80)
        #expect(try guest.call("sock_getpeeraddr_v2", number, Self.address(guest, [], size: 128), 304) == .success)
        #expect(guest.bytes(200, 6) == Self.storage)
        #expect(try guest.call("sock_getpeeraddr_v2", number, Self.address(guest, [], size: 16), 304) == .inval)
        #expect(try guest.call("sock_getpeeraddr", number, Self.address(guest, [], size: 128), 300, 304) == .inval)
        #expect(try guest.call("sock_getpeeraddr", 3, Self.address(guest, [], size: 4), 300, 304) == .notconn)
    }

    @Test func datagramsCarryAddresses() throws {
        let (guest, port) = try Guest.withListener(.udp, functions: Self.functions())
        let client = try SockPeer.connect(port, .datagram)
        let clientPort = try Listener.port(of: client.rawValue)
        try SockPeer.write(client.rawValue, "question")
        guest.vectors([(40_000, 100)], at: 32)
        guest.words(300, 0)
        let target = Self.address(guest, [], size: 128)
        #expect(try guest.call("sock_recv_from", 3, 32, 1, target, 0, 300, 48, 52) == .success)
        #expect(guest.text(40_000, Int(guest.u32(48) ?? 0)) == "question")
        #expect(guest.bytes(200, 6) == Self.storage)
        #expect(guest.u32(300) == UInt32(clientPort))
        let answer = guest.string("answer")
        guest.vectors([(answer[0], answer[1])], at: 32)
        let peer = Self.address(guest, Self.loopback)
        #expect(try guest.call("sock_send_to", 3, 32, 1, peer, Int(clientPort), 0, 48) == .success)
        #expect(try SockPeer.read(client.rawValue) == "answer")
        #expect(try guest.call("sock_send_to", 3, 32, 1, peer, Int(clientPort ^ 1), 0, 48) == .acces)
        #expect(try guest.call("sock_send_to", 3, 32, 1, peer, 65_536, 0, 48) == .inval)
    }

    @Test func theFirstGenerationReceivesWithoutThePort() throws {
        let (guest, port) = try Guest.withListener(.udp, functions: Self.functions(["sock_recv_from": 7]))
        let client = try SockPeer.connect(port, .datagram)
        try SockPeer.write(client.rawValue, "q")
        guest.vectors([(40_000, 100)], at: 32)
        #expect(try guest.call("sock_recv_from", 3, 32, 1, Self.address(guest, [0, 0, 0, 0]), 0, 48, 52) == .success)
        #expect(guest.bytes(200, 4) == Self.loopback)
    }

    @Test func optionsAreReadAndSet() throws {
        let guest = try Self.guest(outbound: "*")
        let number = try Self.open(guest)
        func get(_ name: Int, room: UInt32 = 4) throws -> Preview1Errno {
            guest.words(300, 0, 0, 0, 0)
            guest.words(400, room)
            return try guest.call("sock_getsockopt", number, 0, name, 300, 400)
        }
        guest.words(300, 1)
        #expect(try guest.call("sock_setsockopt", number, 0, 0, 300, 4) == .success)
        #expect(try get(0) == .success)
        #expect(guest.u32(300) == 1)
        #expect(try get(1) == .success)
        #expect(guest.u32(300) == 2)
        #expect(try get(2) == .success)
        #expect(guest.u32(300) == 0)
        // A time is two 64-bit numbers, as wasi-libc's timeval.
        guest.words(300, 3, 0, 0, 0)
        #expect(try guest.call("sock_setsockopt", number, 0, 11, 300, 16) == .success)
        #expect(try get(11, room: 16) == .success)
        #expect(guest.u64(300) == 3)
        #expect(guest.u32(400) == 16)
        for name in [1, 2, 13, 14] {
            #expect(try guest.call("sock_setsockopt", number, 0, name, 300, 4) == .noprotoopt)
        }
        #expect(try get(14) == .success)
        #expect(guest.u32(400) == 0)
        #expect(try get(15) == .inval)
        #expect(try guest.call("sock_getsockopt", number, 1, 0, 300, 400) == .inval)
        #expect(try guest.call("sock_setsockopt", number, 0, 0, 300, 65) == .inval)
    }

    @Test func wrongFamiliesKindsAndSizesAreRefused() throws {
        let guest = try Self.guest(outbound: "*")
        #expect(try guest.call("sock_open", 0, 2, 16) == .inval)
        #expect(try guest.call("sock_open", 3, 2, 16) == .afnosupport)
        #expect(try guest.call("sock_open", 4, 2, 16) == .inval)
        #expect(try guest.call("sock_open", 1, 0, 16) == .inval)
        #expect(try guest.call("sock_open", 1, 3, 16) == .inval)
        #expect(guest.isMarker(16, 4))
        let number = try Self.open(guest)
        for size in [0, 3, 5, 127, 129] {
            #expect(try guest.call("sock_connect", number, Self.address(guest, [], size: size), 80) == .inval)
        }
        #expect(try guest.call("sock_connect", number, Self.address(guest, [3, 0], size: 128), 80) == .afnosupport)
        #expect(try guest.call("sock_connect", 1, Self.address(guest, Self.loopback), 80) == .notsock)
        #expect(try guest.call("sock_connect", 99, Self.address(guest, Self.loopback), 80) == .badf)
    }

    @Test func aPointerOutsideOfMemoryTraps() throws {
        let guest = try Self.guest(outbound: "*")
        #expect(guest.trap("sock_open", [1, 2, 65_533]) != nil)
        let number = try Self.open(guest)
        #expect(guest.trap("sock_connect", [number, 65_530, 80]) != nil)
        guest.words(100, 65_535, 4)
        #expect(guest.trap("sock_connect", [number, 100, 80]) != nil)
        #expect(guest.trap("sock_bind", [number, 100, 80]) != nil)
        #expect(guest.trap("sock_getsockopt", [number, 0, 0, 300, 65_533]) != nil)
        #expect(guest.trap("sock_setsockopt", [number, 0, 0, 65_533, 4]) != nil)
        #expect(guest.trap("sock_getaddrinfo", [65_530, 10, 0, 0, 500, 600, 1, 604]) != nil)
    }
}

@Suite struct WasmEdgeHostilityTests {
    /// Whatever a guest passes, the host goes on: 20,000 calls with numbers from the edges and from nowhere.
    @Test func anyArgumentsEndInAnErrorNumberOrATrap() throws {
        // Sockets that never wait, and no room for others, which would.
        let guest = try Guest(
            functions: (WasmEdgeFunctions.table + SockFunctions.table).reduce(into: []) { list, function in
                if !list.contains(where: { $0.name == function.name }), function.name != "epoll_oneoff" {
                    list.append(function)
                }
            }
        ) { configuration in
            configuration.limits.openDescriptors = 5
            configuration.network = NetworkPolicy(ports: [SockPeer.mapping(80), SockPeer.mapping(81, .udp)])
            for transport in TransportProtocol.allCases {
                let listener = try SockPeer.listener(80, transport)
                try Descriptors.setStatusFlags(listener.rawValue, Descriptors.statusFlags(listener.rawValue) | 0o4000)
                configuration.listeners.append(listener.release())
            }
        }
        var generator = SystemRandomNumberGenerator()
        let edges = [
            0, 1, 2, 3, 4, 8, 16, 100, 128, 200, 4096, 65_520, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        ]
        let names = WasmEdgeFunctions.table.map { ($0.name, $0.parameters.count) }.filter { $0.0 != "epoll_oneoff" }
        var (errnos, traps) = (0, 0)
        for _ in 0..<20_000 {
            let (name, count) = names[Int.random(in: 0..<names.count, using: &generator)]
            let arguments = (0..<count).map { index in
                index == 0 && Bool.random(using: &generator)
                    ? Int.random(in: 0...5, using: &generator)
                    : edges[Int.random(in: 0..<edges.count, using: &generator)]
            }
            guest.write(
                UInt32(truncatingIfNeeded: edges[Int.random(in: 0..<edges.count, using: &generator)]),
                4 * Int.random(in: 0..<64, using: &generator))
            if guest.trap(name, arguments) == nil { errnos += 1 } else { traps += 1 }
        }
        #expect(errnos > 0 && traps > 0)
    }
}

@Suite struct WasmEdgeNameTests {
    /// Lays out hints at 500, the pointer to the list at 600, the count at 604, and the list at 1000: `count` entries of 28
    /// bytes, each with an address struct of 12 and room for its bytes.
    private static func lookUp(
        _ guest: Guest, _ node: String, _ service: String = "", flags: UInt16 = 0, family: UInt8 = 0, type: UInt8 = 2,
        room: UInt32 = 26, count: Int = 4
    ) throws -> Preview1Errno {
        guest.write([UInt8](repeating: 0, count: 28), 500)
        guest.write(flags, 500)
        guest.write([family, type, 0], 502)
        guest.words(600, 20_000)
        for index in 0..<count {
            let entry = 20_000 + 200 * index
            guest.write([UInt8](repeating: 0, count: 200), entry)
            guest.words(entry + 12, UInt32(entry + 40))
            guest.words(entry + 16, UInt32(entry + 100), 60)
            guest.words(entry + 24, UInt32(entry + 200))
            guest.words(entry + 44, room, UInt32(entry + 60))
        }
        let node = guest.string(node + "\0")
        let service = guest.string(service + "\0")
        return try guest.call("sock_getaddrinfo", node + service + [500, 600, count, 604])
    }

    private static func guest(outbound: String, hosts: String = "") throws -> Guest {
        let rules = outbound.isEmpty ? [] : try OutboundRule.list(parsing: outbound)
        return try Guest(functions: WasmEdgeFunctions.table.filter { $0.name == "sock_getaddrinfo" }) {
            $0.network = NetworkPolicy(outbound: rules)
            $0.resolver = ResolverConfiguration(hostsFile: hosts, resolverFile: "")
        }
    }

    @Test func findsANameOfTheHostsFile() throws {
        let guest = try Self.guest(outbound: "db.internal:80", hosts: "10.0.0.7 db.internal\n2001:db8::7 db.internal")
        #expect(try Self.lookUp(guest, "db.internal", "http", flags: 2) == .success)
        #expect(guest.u32(604) == 2)
        #expect(guest.bytes(20_002, 3) == [1, 2, 1])
        #expect(guest.u32(20_008) == 16)
        #expect(guest.u32(20_044) == 14)
        #expect(guest.bytes(20_060, 6) == [0, 80, 10, 0, 0, 7])
        #expect(guest.text(20_100, 11) == "db.internal")
        #expect(guest.u32(20_020) == 11)
        #expect(guest.bytes(20_202, 3) == [2, 2, 1])
        #expect(guest.bytes(20_260, 8) == [0, 80, 0, 0, 0, 0, 0x20, 1])
        // Room for IPv4 alone, as the published crate says: the IPv6 address is left out.
        #expect(try Self.lookUp(guest, "db.internal", "443", room: 14) == .success)
        #expect(guest.u32(604) == 1)
        #expect(guest.bytes(20_060, 2) == [1, 187])
        #expect(try Self.lookUp(guest, "db.internal", family: 1, type: 0) == .success)
        #expect(guest.u32(604) == 2)
        #expect(guest.bytes(20_202, 3) == [1, 1, 2])
        #expect(try Self.lookUp(guest, "db.internal", count: 1) == .success)
        #expect(guest.u32(604) == 1)
    }

    @Test func numbersNeedNoLookup() throws {
        let guest = try Self.guest(outbound: "*:1")
        #expect(try Self.lookUp(guest, "127.0.0.1", "8080") == .success)
        #expect(guest.bytes(20_060, 6) == [0x1f, 0x90, 127, 0, 0, 1])
        #expect(try Self.lookUp(guest, "", "80", flags: 1, family: 1) == .success)
        #expect(guest.bytes(20_060, 6) == [0, 80, 0, 0, 0, 0])
        #expect(try Self.lookUp(guest, "", "80", family: 1) == .success)
        #expect(guest.bytes(20_060, 6) == [0, 80, 127, 0, 0, 1])
        #expect(try Self.lookUp(guest, "127.0.0.1", family: 2) == .aiAddressFamily)
        #expect(try Self.lookUp(guest, "localhost", flags: 4) == .aiNoName)
    }

    @Test func refusesWhatCannotBeLookedUp() throws {
        let guest = try Self.guest(outbound: "db.internal:80", hosts: "10.0.0.7 db.internal")
        #expect(try Self.lookUp(guest, "secret.evil.example") == .acces)
        #expect(try Self.lookUp(guest, "") == .aiNoName)
        #expect(try Self.lookUp(guest, "not a name") == .aiNoName)
        #expect(try Self.lookUp(guest, "db.internal", "nonsense") == .aiService)
        #expect(try Self.lookUp(guest, "db.internal", flags: 128) == .aiBadFlags)
        #expect(try Self.lookUp(guest, "db.internal", family: 3) == .aiFamily)
        #expect(try Self.lookUp(guest, "db.internal", type: 3) == .aiSocketType)
        #expect(try Self.lookUp(guest, "db.internal", family: 2) == .aiNoData)
        #expect(try Self.lookUp(guest, "db.internal", count: 0) == .aiMemory)
        #expect(try Self.lookUp(guest, String(repeating: "a", count: 2000)) == .aiNoName)
    }
}

@Suite struct WasmEdgeOverloadTests {
    private static func link(_ imports: String) throws {
        let engine = try Engine()
        let module = try Module.compile(engine, ModuleText.binary(fromText: "(module \(imports))"))
        let linker = try Linker(engine)
        try Preview1Context(Preview1Configuration()).define(in: linker, for: module)
        _ = try linker.prepare(module)
    }

    private static func item(_ name: String, _ count: Int) -> String {
        let parameters = String(repeating: "(param i32)", count: count)
        return "(import \"wasi_snapshot_preview1\" \"\(name)\" (func \(parameters) (result i32)))"
    }

    @Test(arguments: [
        ("sock_accept", 3), ("sock_accept", 2), ("sock_recv_from", 7), ("sock_recv_from", 8), ("sock_getlocaladdr", 4),
        ("sock_getlocaladdr", 3), ("sock_getpeeraddr_v2", 3), ("sock_open_v2", 3), ("epoll_oneoff", 4),
    ])
    func eachFormIsGivenToWhoImportsIt(name: String, count: Int) throws {
        try Self.link(Self.item(name, count))
    }

    @Test func aFormThatDoesNotExistIsRefusedWithThoseThatDo() {
        let error = #expect(throws: EngineError.self) { try Self.link(Self.item("sock_accept", 1)) }
        let text = error?.description ?? ""
        #expect(
            text.contains("(i32) -> i32") && text.contains("(i32, i32, i32) -> i32 and as (i32, i32) -> i32"), "\(text)"
        )
    }

    @Test func theUnstableDialectHasNoExtension() {
        #expect(throws: EngineError.self) {
            try Self.link("(import \"wasi_unstable\" \"sock_open\" (func (param i32 i32 i32) (result i32)))")
        }
    }
}
