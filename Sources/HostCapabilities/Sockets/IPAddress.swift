/// An IPv4 address as a number: 127.0.0.1 is 0x7f00_0001.
public struct IPv4Address: Hashable, Sendable {
    public var bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    public static let any = IPv4Address(bits: 0)
    public static let loopback = IPv4Address(127, 0, 0, 1)

    /// The four bytes in the order of the text.
    public var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) } }

    /// Four decimal numbers without leading zeros; anything else, such as `127.1` or `0x7f.0.0.1`, is nil.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let number = StrictDecimal.parse(part, through: 255) else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        self.bits = bits
    }
}

/// An address of either family.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Either text form, IPv6 without brackets.
    public init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The same host in the form that rules are compared in: an IPv4 address that is wrapped in IPv6
    /// (`::ffff:a.b.c.d`) is that IPv4 address.
    public var canonical: IPAddress {
        guard case .v6(let address) = self, address.high == 0, address.low >> 32 == 0xffff else { return self }
        return .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: address.low)))
    }

    public var isAny: Bool { self == .v4(.any) || self == .v6(.any) }

    public var isV6: Bool { if case .v6 = self { true } else { false } }
}

extension IPv4Address: CustomStringConvertible {
    public var description: String { octets.map(String.init).joined(separator: ".") }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    /// As it stands before a port: IPv6 in brackets.
    public var bracketed: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): "[\(address)]"
        }
    }
}

/// Decimal numbers as addresses and ports have them: digits alone, no sign, no leading zero.
enum StrictDecimal {
    static func parse(_ digits: some Collection<UInt8>, through maximum: Int) -> Int? {
        guard 1...10 ~= digits.count, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var number = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number <= maximum ? number : nil
    }
}
