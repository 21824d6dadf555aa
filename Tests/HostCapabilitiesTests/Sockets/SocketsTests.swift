import SystemCalls
import Testing

@testable import HostCapabilities

@Suite struct SocketsTests {
    private static let loopback = IPAddress.v4(.loopback)

    private static func network(
        ports: [PortMapping] = [], outbound: String = "", resolver: ResolverConfiguration = ResolverConfiguration()
    ) throws -> Network {
        let rules = outbound.isEmpty ? [] : try OutboundRule.list(parsing: outbound)
        return Network(policy: NetworkPolicy(ports: ports, outbound: rules), resolver: resolver)
    }

    /// A listener of the host's own, to be connected to.
    private static func server(_ transport: TransportProtocol = .tcp) throws -> OwnedDescriptor {
        try Listener.open(PortMapping(hostAddress: loopback, hostPort: 0, guestPort: 1, transport: transport))
    }

    /// A port that nobody listens on any more.
    private static func freePort() throws -> UInt16 {
        let taken = try server()
        return try Listener.port(of: taken.rawValue)
    }

    /// The socket of a granted port, opened beforehand.
    private static func open(_ mapping: PortMapping, in network: Network) throws -> Socket {
        let socket = network.adopt(listener: try Listener.open(mapping))
        return try #require(socket)
    }

    private static func send(_ text: String, over socket: Socket, to address: SocketAddress? = nil) throws -> Int {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try IOVector(reading: bytes).withList { try socket.send($0, to: address) }
        }
    }

    private static func receive(
        _ count: Int = 100, from socket: Socket, flags: Sockets.MessageFlags = []
    ) throws -> (text: String, received: Socket.Received) {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = try buffer.withUnsafeMutableBytes { bytes in
            try IOVector(bytes).withList { try socket.receive(into: $0, flags: flags) }
        }
        return (String(decoding: buffer.prefix(received.count), as: UTF8.self), received)
    }

    @Test func withoutAGrantNoSocketIsOpened() throws {
        #expect(throws: SocketFailure.refused) { try Self.network().open(.v4, .stream) }
    }

    @Test func connectsWhereARuleAllowsAndNowhereElse() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        let network = try Self.network(outbound: "127.0.0.1:\(port)")
        let socket = try network.open(.v4, .stream)
        #expect(throws: SocketFailure.refused) {
            try socket.connect(to: SocketAddress(Self.loopback, port: port == 1 ? 2 : 1))
        }
        try socket.connect(to: SocketAddress(Self.loopback, port: port))
        let accepted = try Sockets.accept(server.rawValue, nonBlocking: false)
        #expect(try Self.send("ping", over: socket) == 4)
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(try buffer.withUnsafeMutableBytes { try Files.read(accepted.rawValue, into: $0) } == 4)
        #expect(try socket.peerAddress() == SocketAddress(Self.loopback, port: port))
    }

    @Test func everyHostExcludesLoopback() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        let socket = try Self.network(outbound: "*").open(.v4, .stream)
        for address in ["127.0.0.1", "0.0.0.0", "169.254.169.254"] {
            #expect(throws: SocketFailure.refused) {
                try socket.connect(to: SocketAddress(#require(IPAddress(address)), port: port))
            }
        }
    }

    @Test func aNameOpensTheAddressesItResolvesTo() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        // The hosts file is the operator's word, so that it may name loopback.
        let resolver = ResolverConfiguration(hostsFile: "127.0.0.1 db.internal", resolverFile: "")
        let network = try Self.network(outbound: "db.internal:\(port)", resolver: resolver)
        let found = try network.lookUp(#require(HostName("db.internal")))
        let socket = try network.open(.v4, .stream)
        try socket.connect(to: SocketAddress(#require(found.addresses.first), port: port))
    }

    @Test func anAddressFromElsewhereIsCheckedAgainstTheRulesNames() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        let resolver = ResolverConfiguration(hostsFile: "127.0.0.1 db.internal", resolverFile: "")
        let network = try Self.network(outbound: "db.internal:\(port)", resolver: resolver)
        try network.open(.v4, .stream).connect(to: SocketAddress(Self.loopback, port: port))
    }

    @Test func aZoneOfTheDNSCannotOpenThisHost() throws {
        let names = try FakeNameServer { query, _ in FakeNameServer.answer(query, addresses: [[127, 0, 0, 1]]) }
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        let network = try Self.network(
            outbound: "evil.example:\(port)", resolver: ResolverConfiguration(servers: [names.address]))
        let found = try network.lookUp(#require(HostName("evil.example")))
        #expect(found.addresses.map(\.description) == ["127.0.0.1"])
        let socket = try network.open(.v4, .stream)
        #expect(throws: SocketFailure.refused) { try socket.connect(to: SocketAddress(Self.loopback, port: port)) }
    }

    @Test func onlyNamesOfRulesAreLookedUp() throws {
        let network = try Self.network(outbound: "db.internal:80")
        #expect(throws: Network.LookupFailure.refused) { try network.lookUp(#require(HostName("secret.evil.example"))) }
        #expect(try network.lookUp(#require(HostName("localhost"))).addresses.count == 2)
    }

    @Test func bindsOnlyToGrantedPorts() throws {
        let free = try Self.freePort()
        let mapping = PortMapping(hostAddress: Self.loopback, hostPort: free, guestPort: 80)
        let network = try Self.network(ports: [mapping])
        let socket = try network.open(.v4, .stream)
        #expect(throws: SocketFailure.refused) { try socket.bind(to: SocketAddress(.v4(.any), port: 81)) }
        #expect(throws: SocketFailure.refused) { try socket.bind(to: SocketAddress(.v4(.any), port: 0)) }
        #expect(throws: SocketFailure.refused) { try socket.listen(backlog: 1) }
        try socket.bind(to: SocketAddress(.v4(.any), port: 80))
        try socket.listen(backlog: 1)
        #expect(try socket.localAddress() == SocketAddress(Self.loopback, port: 80))
        let client = try Self.network(outbound: "127.0.0.1:\(free)").open(.v4, .stream)
        try client.connect(to: SocketAddress(Self.loopback, port: free))
        let accepted = try socket.accept()
        #expect(try accepted.localAddress().port == 80)
        #expect(throws: SocketFailure.self) {
            try network.open(.v6, .stream).bind(to: SocketAddress(.v4(.any), port: 80))
        }
    }

    @Test func aClientMayBindAnyPortAndNotListen() throws {
        let socket = try Self.network(outbound: "*").open(.v4, .stream)
        try socket.bind(to: SocketAddress(.v4(.any), port: 0))
        #expect(throws: SocketFailure.refused) { try socket.listen(backlog: 1) }
    }

    @Test func bindingAPortThatWasOpenedBeforehandJoinsIt() throws {
        let mapping = PortMapping(hostAddress: Self.loopback, hostPort: 0, guestPort: 80)
        let network = try Self.network(ports: [mapping])
        let opened = try Self.open(mapping, in: network)
        let port = try Listener.port(of: opened.hostDescriptor)
        let socket = try network.open(.v4, .stream)
        try socket.bind(to: SocketAddress(.v4(.any), port: 80))
        try socket.listen(backlog: 16)
        #expect(try Listener.port(of: socket.hostDescriptor) == port)
        #expect(try socket.localAddress().port == 80)
        let client = try Self.network(outbound: "127.0.0.1:\(port)").open(.v4, .stream)
        try client.connect(to: SocketAddress(Self.loopback, port: port))
        _ = try socket.accept()
    }

    @Test func aMappingWithoutAddressListensOnBothFamilies() throws {
        let mapping = PortMapping(hostPort: 0, guestPort: 80)
        let network = try Self.network(ports: [mapping])
        let opened = try Self.open(mapping, in: network)
        let port = try Listener.port(of: opened.hostDescriptor)
        let client = try Self.network(outbound: "127.0.0.1:\(port)").open(.v4, .stream)
        try client.connect(to: SocketAddress(Self.loopback, port: port))
        let socket = try network.open(.v4, .stream)
        try socket.bind(to: SocketAddress(.v4(.any), port: 80))
        #expect(try socket.localAddress() == SocketAddress(.v4(.any), port: 80))
        #expect(try socket.accept().peerAddress().address == Self.loopback)
    }

    @Test func anAddressInUseIsNamed() throws {
        let taken = try Self.server()
        let port = try Listener.port(of: taken.rawValue)
        let error = #expect(throws: SystemCallError.self) {
            _ = try Listener.open(PortMapping(hostAddress: Self.loopback, hostPort: port, guestPort: 80))
        }
        #expect(error?.errno == .addressInUse)
        #expect(error?.subject == "127.0.0.1:\(port)/tcp")
    }

    @Test func aDatagramServerMayAnswerWhoeverAsked() throws {
        let mapping = PortMapping(hostAddress: Self.loopback, hostPort: 0, guestPort: 53, transport: .udp)
        let network = try Self.network(ports: [mapping])
        let server = try Self.open(mapping, in: network)
        let port = try Listener.port(of: server.hostDescriptor)
        let client = try Self.network(outbound: "127.0.0.1:\(port)").open(.v4, .datagram)
        #expect(try Self.send("question", over: client, to: SocketAddress(Self.loopback, port: port)) == 8)
        let (text, received) = try Self.receive(from: server)
        #expect(text == "question")
        let source = try #require(received.source)
        #expect(try Self.send("answer", over: server, to: source) == 6)
        #expect(try Self.receive(from: client).text == "answer")
        let stranger = SocketAddress(Self.loopback, port: source.port ^ 1)
        #expect(throws: SocketFailure.refused) { try Self.send("spam", over: server, to: stranger) }
    }

    @Test func aClientDoesNotHearStrangers() throws {
        let friend = try Self.server(.udp)
        let friendPort = try Listener.port(of: friend.rawValue)
        let network = try Self.network(outbound: "127.0.0.1:\(friendPort)")
        let client = try network.open(.v4, .datagram)
        try client.bind(to: SocketAddress(Self.loopback, port: 0))
        let target = try client.localAddress()
        let anyone = try Self.network(outbound: "127.0.0.1:*")
        #expect(try Self.send("spam", over: anyone.open(.v4, .datagram), to: target) == 4)
        #expect(throws: SocketFailure.system(SystemCallError("recvmsg", nil, .again))) {
            try Self.receive(from: client, flags: [.dontWait, .peek])
        }
        #expect(throws: SocketFailure.refused) {
            try Self.send("x", over: client, to: SocketAddress(Self.loopback, port: friendPort ^ 1))
        }
    }

    @Test func aLongDatagramIsReportedAsTruncated() throws {
        let mapping = PortMapping(hostAddress: Self.loopback, hostPort: 0, guestPort: 53, transport: .udp)
        let network = try Self.network(ports: [mapping])
        let server = try Self.open(mapping, in: network)
        let port = try Listener.port(of: server.hostDescriptor)
        let client = try Self.network(outbound: "127.0.0.1:\(port)").open(.v4, .datagram)
        try client.connect(to: SocketAddress(Self.loopback, port: port))
        #expect(try Self.send("0123456789", over: client) == 10)
        #expect(try Self.receive(4, from: server, flags: .peek).received.isTruncated)
        let (text, received) = try Self.receive(4, from: server)
        #expect(text == "0123")
        #expect(received.isTruncated)
    }

    @Test func shutDownEndsTheStreamForThePeer() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        let client = try Self.network(outbound: "127.0.0.1:\(port)").open(.v4, .stream)
        try client.connect(to: SocketAddress(Self.loopback, port: port))
        let accepted = try Sockets.accept(server.rawValue, nonBlocking: false)
        try client.shutDown(.write)
        var byte: [UInt8] = [0]
        #expect(try byte.withUnsafeMutableBytes { try Files.read(accepted.rawValue, into: $0) } == 0)
        #expect(throws: SocketFailure.self) { try Self.send("x", over: client) }
    }

    @Test func anythingElseThanAnInternetSocketIsNotAdopted() throws {
        let pipe = try Descriptors.pipe()
        let adopted = try Self.network().adopt(listener: pipe.keepRead())
        #expect(adopted == nil)
    }

    @Test func aNonBlockingAcceptSaysSo() throws {
        let mapping = PortMapping(hostAddress: Self.loopback, hostPort: 0, guestPort: 80)
        let socket = try Self.open(mapping, in: Self.network(ports: [mapping]))
        try Descriptors.setStatusFlags(
            socket.hostDescriptor, try Descriptors.statusFlags(socket.hostDescriptor) | 0o4000)
        #expect(throws: SocketFailure.system(SystemCallError("accept4", nil, .again))) { try socket.accept() }
    }

    @Test func recentPeersAreBounded() throws {
        var peers = RecentPeers()
        for port in 1...UInt16(RecentPeers.limit + 10) { peers.insert(SocketAddress(Self.loopback, port: port)) }
        #expect(!peers.contains(SocketAddress(Self.loopback, port: 10)))
        #expect(peers.contains(SocketAddress(Self.loopback, port: 11)))
        #expect(peers.contains(SocketAddress(Self.loopback, port: UInt16(RecentPeers.limit + 10))))
    }

    @Test func whatAStrangerSentBeforeTheConnectionIsNotHeard() throws {
        let friend = try Self.server(.udp)
        let friendPort = try Listener.port(of: friend.rawValue)
        let client = try Self.network(outbound: "127.0.0.1:\(friendPort)").open(.v4, .datagram)
        try client.bind(to: SocketAddress(Self.loopback, port: 0))
        let anyone = try Self.network(outbound: "127.0.0.1:*")
        #expect(try Self.send("spam", over: anyone.open(.v4, .datagram), to: client.localAddress()) == 4)
        try client.connect(to: SocketAddress(Self.loopback, port: friendPort))
        #expect(throws: SocketFailure.system(SystemCallError("recvmsg", nil, .again))) {
            try Self.receive(from: client, flags: .dontWait)
        }
        let address = try client.localAddress()
        try Array("ham".utf8).withUnsafeBytes { bytes in
            _ = try IOVector(reading: bytes).withList { try Sockets.send(friend.rawValue, $0, to: address.raw) }
        }
        #expect(try Self.receive(from: client).text == "ham")
    }

    /// The addresses of this machine's interfaces, as the kernel's table of routes has them.
    private static let ownAddresses: [String] = {
        let bytes = (try? Files.contents(of: "/proc/net/fib_trie", limit: 1 << 20)) ?? []
        var last: Substring = ""
        var found: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if let dashes = line.firstRange(of: "|-- ") { last = line[dashes.upperBound...] }
            if line.contains("/32 host LOCAL"), !last.hasPrefix("127.") { found.append(String(last)) }
        }
        return found
    }()

    @Test(.enabled(if: !ownAddresses.isEmpty, "no interface has an address")) func everyHostExcludesOwnAddresses()
        throws
    {
        let anyHost = try Self.network(outbound: "*")
        for text in Self.ownAddresses {
            let address = try #require(IPAddress(text))
            #expect(OwnAddress.isOne(address), "\(text)")
            let socket = try anyHost.open(.v4, .stream)
            #expect(throws: SocketFailure.refused) { try socket.connect(to: SocketAddress(address, port: 9)) }
            #expect(try Self.network(outbound: "\(text):9").knowsAllowed(SocketAddress(address, port: 9)))
        }
        for text in ["198.51.100.1", "203.0.113.255"] { #expect(!OwnAddress.isOne(try #require(IPAddress(text)))) }
    }

    @Test func aHostsFileThatNobodyStandsBehindOpensNothingOfThisHost() throws {
        let server = try Self.server()
        let port = try Listener.port(of: server.rawValue)
        var resolver = ResolverConfiguration(
            hostsFile: "127.0.0.1 db.internal\n192.0.2.9 localhost", resolverFile: "")
        resolver.trustsHosts = false
        let target = SocketAddress(Self.loopback, port: port)
        let network = try Self.network(outbound: "db.internal:\(port)", resolver: resolver)
        #expect(throws: SocketFailure.refused) { try network.open(.v4, .stream).connect(to: target) }
        // What the rule itself says isn't the file's doing.
        try Self.network(outbound: "localhost:\(port)", resolver: resolver).open(.v4, .stream).connect(to: target)
    }
}
