/// A network in CIDR form.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    public let address: IPAddress
    /// How many leading bits an address has to share.
    public let bits: Int

    /// `bits` is at most 32 or 128, by the family.
    init(_ address: IPAddress, bits: Int) {
        self.address = address
        self.bits = bits
    }

    /// Refuses bits behind the prefix: `10.1.2.3/8` is more likely a mistake than a network.
    init(checking address: IPAddress, bits: Int, of rule: String) throws(NetworkRuleError) {
        self.init(address, bits: bits)
        let masked = self.masked(address)
        guard masked == address else {
            throw NetworkRuleError(
                text: rule, problem: "has bits set behind its prefix length",
                advice: "write \(IPNetwork(masked, bits: bits))")
        }
    }

    public func contains(_ other: IPAddress) -> Bool {
        guard other.isV6 == address.isV6 else { return false }
        return masked(other) == address
    }

    private func masked(_ address: IPAddress) -> IPAddress {
        switch address {
        case .v4(let address):
            // A shift by the full width is 0 in Swift: no special case for /0.
            return .v4(IPv4Address(bits: address.bits & (UInt32.max << UInt32(32 - bits))))
        case .v6(let address):
            let high = UInt64.max << UInt64(max(0, 64 - bits))
            let low = UInt64.max << UInt64(min(64, 128 - bits))
            return .v6(IPv6Address(high: address.high & high, low: address.low & low))
        }
    }

    public var description: String {
        if bits == (address.isV6 ? 128 : 32) { return address.bracketed }
        return "\(address.bracketed)/\(bits)"
    }
}
