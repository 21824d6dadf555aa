import SystemCalls

/// An address and a port.
public struct SocketAddress: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16
    /// The flow label of an IPv6 address.
    public var flow: UInt32 = 0
    /// The interface of a link-local IPv6 address.
    public var scope: UInt32 = 0

    public init(_ address: IPAddress, port: UInt16, flow: UInt32 = 0, scope: UInt32 = 0) {
        self.address = address
        self.port = port
        self.flow = flow
        self.scope = scope
    }

    public var family: Sockets.Family { address.isV6 ? .v6 : .v4 }

    /// nil when the kernel gave an address of another family, or none.
    init?(_ raw: RawSocketAddress) {
        switch raw.content {
        case .v4(let bits, let port):
            self.init(.v4(IPv4Address(bits: bits)), port: port)
        case .v6(let high, let low, let port, let flow, let scope):
            self.init(.v6(IPv6Address(high: high, low: low)), port: port, flow: flow, scope: scope)
        case .other:
            return nil
        }
    }

    var raw: RawSocketAddress {
        switch address {
        case .v4(let address): RawSocketAddress(v4: address.bits, port: port)
        case .v6(let address): RawSocketAddress(v6: address.high, address.low, port: port, flow: flow, scope: scope)
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    public var description: String { "\(address.bracketed):\(port)" }
}
