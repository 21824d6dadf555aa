import HostCapabilities
import SystemCalls

@testable import WASIPreview1

/// Sockets of the test's own, on loopback.
enum SockPeer {
    static let loopback = IPAddress.v4(.loopback)

    static func listener(_ guestPort: UInt16 = 80, _ transport: TransportProtocol = .tcp) throws -> OwnedDescriptor {
        try Listener.open(mapping(guestPort, transport))
    }

    static func mapping(_ guestPort: UInt16 = 80, _ transport: TransportProtocol = .tcp) -> PortMapping {
        PortMapping(hostAddress: loopback, hostPort: 0, guestPort: guestPort, transport: transport)
    }

    static func connect(_ port: UInt16, _ kind: Sockets.Kind = .stream) throws -> OwnedDescriptor {
        let socket = try Sockets.open(.v4, kind)
        try Sockets.connect(socket.rawValue, to: RawSocketAddress(v4: 0x7f00_0001, port: port))
        return socket
    }

    static func read(_ descriptor: Int32, _ count: Int = 4096) throws -> String {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = try buffer.withUnsafeMutableBytes { try Files.read(descriptor, into: $0) }
        return String(decoding: buffer.prefix(got), as: UTF8.self)
    }

    static func write(_ descriptor: Int32, _ text: String) throws { try Files.writeAll(descriptor, Array(text.utf8)) }
}

extension Preview1Configuration {
    /// Gives the guest one preopened socket, which it finds at descriptor 3, and returns the host's port of it.
    mutating func addListener(_ transport: TransportProtocol = .tcp, outbound: String = "") throws -> UInt16 {
        let listener = try SockPeer.listener(80, transport)
        let port = try Listener.port(of: listener.rawValue)
        listeners = [listener.release()]
        network = NetworkPolicy(
            ports: [SockPeer.mapping(80, transport)],
            outbound: outbound.isEmpty ? [] : try OutboundRule.list(parsing: outbound))
        return port
    }
}

extension Guest {
    /// A guest with one preopened socket at descriptor 3.
    static func withListener(
        _ transport: TransportProtocol = .tcp, outbound: String = "", functions: [Preview1Function]? = nil
    ) throws -> (Guest, port: UInt16) {
        var port: UInt16 = 0
        let guest = try Guest(functions: functions) { port = try $0.addListener(transport, outbound: outbound) }
        return (guest, port)
    }

    /// Whether bytes still hold the marker.
    func isMarker(_ address: Int, _ count: Int) -> Bool { bytes(address, count).allSatisfy { $0 == Self.marker } }

    /// Writes 32-bit numbers one after the other.
    func words(_ address: Int, _ words: UInt32...) {
        for (index, word) in words.enumerated() { write(word, address + 4 * index) }
    }
}
