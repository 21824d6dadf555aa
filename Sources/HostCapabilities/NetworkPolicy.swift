/// What a guest may do on the network: pure data, and the decisions that follow from it.
///
/// Nothing is allowed that isn't granted. A port is granted with the host's address and port that stand behind it; an
/// outbound rule grants hosts and ports to reach (`OutboundRule`). Two things an operator expects are built in:
///
/// * `*` means "the network", not "this machine": the host's own loopback, the addresses of its interfaces, link-local ones
///   (where clouds keep their metadata service, 169.254.169.254), multicast and broadcast are reached only by a rule that
///   names them.
/// * A rule by name covers the addresses that our own resolver found for that name, and of those none that is local to
///   the host unless the host's own `/etc/hosts` says so: whoever runs a zone of the DNS can't open this machine.
public struct NetworkPolicy: Hashable, Sendable {
    /// Ports that the guest may listen on.
    public var ports: [PortMapping]
    /// Where the guest may connect or send to.
    public var outbound: [OutboundRule]

    public init(ports: [PortMapping] = [], outbound: [OutboundRule] = []) {
        self.ports = ports
        self.outbound = outbound
    }

    /// No network at all.
    public static let none = NetworkPolicy()

    /// What stands behind a port that a guest binds.
    public struct Grant: Hashable, Sendable {
        public var mapping: PortMapping
        /// The address and port of the host to bind.
        public var hostAddress: SocketAddress
    }

    /// Where a guest's bind to a granted port leads; nil when the port isn't granted on that address.
    ///
    /// A guest that asks for every address gets the one that was granted; one that asks for a certain address gets it
    /// when the grant covers it.
    public func grant(binding address: IPAddress, port: UInt16, _ transport: TransportProtocol) -> Grant? {
        for mapping in ports where mapping.guestPort == port && mapping.transport == transport {
            guard let host = Self.hostAddress(of: mapping, asked: address) else { continue }
            return Grant(mapping: mapping, hostAddress: SocketAddress(host, port: mapping.hostPort))
        }
        return nil
    }

    private static func hostAddress(of mapping: PortMapping, asked: IPAddress) -> IPAddress? {
        guard let granted = mapping.hostAddress, !granted.isAny else {
            // An address of the IPv4 kind alone doesn't grant IPv6.
            if mapping.hostAddress == .v4(.any), asked.isV6 {
                return asked.isAny ? .v6(IPv6Address(mapping: .any)) : asked.canonical.isV6 ? nil : asked
            }
            return asked
        }
        switch (asked, granted) {
        case (.v4, .v6):
            return nil
        case (.v6, .v4(let granted)):
            let wrapped = IPAddress.v6(IPv6Address(mapping: granted))
            return asked.isAny || asked == wrapped ? wrapped : nil
        default:
            return asked.isAny || asked == granted ? granted : nil
        }
    }

    public func allowsBind(_ address: IPAddress, port: UInt16, _ transport: TransportProtocol) -> Bool {
        grant(binding: address, port: port, transport) != nil
    }

    /// Whether the guest may reach an address and port.
    ///
    /// - Parameters:
    ///   - isOwn: whether this machine has the address; asked only when all depends on it.
    ///   - isResolved: whether our resolver found the address for a rule's name.
    public func allowsConnect(
        _ address: IPAddress, port: UInt16, isOwn: (IPAddress) -> Bool = { _ in false },
        isResolved: (OutboundRule.Hosts, IPAddress) -> Bool = { _, _ in false }
    ) -> Bool {
        guard port != 0 else { return false }
        let address = address.canonical.connected
        let rules = outbound.filter { $0.covers(port: port) }
        let isNamed = rules.contains { rule in
            switch rule.hosts {
            case .all: false
            case .network(let network): network.contains(address)
            case .name, .namesBelow: isResolved(rule.hosts, address)
            }
        }
        return isNamed || rules.contains { $0.hosts == .all } && !address.isHostLocal && !isOwn(address)
    }

    /// Whether the guest may look a name up in the DNS: when a rule names it, or `*` covers all. A network rule grants
    /// no lookups, since a question to the DNS carries data out as well.
    public func allowsLookup(_ name: HostName) -> Bool {
        outbound.contains { rule in
            switch rule.hosts {
            case .all: true
            case .network: false
            case .name(let granted): granted == name
            case .namesBelow(let parent): name.isBelow(parent)
            }
        }
    }

    /// The rules' names that cover this name: where its addresses are remembered.
    func rules(naming name: HostName) -> [OutboundRule.Hosts] {
        outbound.map(\.hosts).filter { hosts in
            switch hosts {
            case .name(let granted): granted == name
            case .namesBelow(let parent): name.isBelow(parent)
            case .all, .network: false
            }
        }
    }
}

extension IPAddress {
    /// Where a connection to the address goes: the unspecified address leads to loopback.
    fileprivate var connected: IPAddress {
        switch self {
        case .v4(.any): .v4(.loopback)
        case .v6(.any): .v6(.loopback)
        default: self
        }
    }

    /// Whether the address means this host, its link, or many hosts at once, on every machine. What interfaces have: `OwnAddress`.
    ///
    /// Unspecified (which connects to loopback) and the rest of 0/8, loopback, link-local, multicast, 240/4 with broadcast,
    /// fec0::/10, 64:ff9b:1::/48 (NAT64 of the network's own making); an IPv4 address inside an IPv6 one (mapped, translated,
    /// compatible, NAT64, 6to4) counts as itself. `fd00:ec2::254` is the metadata service of a cloud.
    public var isHostLocal: Bool {
        switch self {
        case .v4(let address):
            let first = address.bits >> 24
            return first == 0 || first == 127 || address.bits >> 16 == 0xa9fe || first >= 224
        case .v6(let address):
            if let inner = address.embeddedV4 { return IPAddress.v4(inner).isHostLocal }
            return address.high >> 55 == 0x1fd  // fe80::/10 and fec0::/10
                || address.high >> 16 == 0x0064_ff9b_0001 || address.high >> 56 == 0xff
                || address == IPv6Address(high: 0xfd00_0ec2_0000_0000, low: 0x254)
        }
    }
}

extension IPv6Address {
    /// The IPv4 address that this one stands for: mapped, translated, compatible (which `::` and `::1` are too), NAT64, 6to4.
    fileprivate var embeddedV4: IPv4Address? {
        if self == .any || self == .loopback { return .loopback }
        if high == 0, [0xffff, 0xffff_0000, 0].contains(low >> 32) {
            return IPv4Address(bits: UInt32(truncatingIfNeeded: low))
        }
        if high == 0x0064_ff9b_0000_0000, low >> 32 == 0 { return IPv4Address(bits: UInt32(truncatingIfNeeded: low)) }
        if high >> 48 == 0x2002 { return IPv4Address(bits: UInt32(truncatingIfNeeded: high >> 16)) }
        return nil
    }
}
