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

/// An IPv6 address as two numbers: `::1` is high 0 and low 1.
public struct IPv6Address: Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static let any = IPv6Address(high: 0, low: 0)
    public static let loopback = IPv6Address(high: 0, low: 1)

    /// `::ffff:a.b.c.d`: how an IPv6 socket names an IPv4 peer.
    public init(mapping address: IPv4Address) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address.bits)) }

    /// The eight groups of 16 bits.
    public var groups: [UInt16] {
        (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 % 4))) }
    }

    public init(groups: [UInt16]) {
        self = .any
        for (index, group) in groups.prefix(8).enumerated() {
            let shifted = UInt64(group) << UInt64(48 - 16 * (index % 4))
            if index < 4 { high |= shifted } else { low |= shifted }
        }
    }

    /// The 16 bytes in network order.
    public var octets: [UInt8] { groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

    /// From 16 bytes in network order; nil for another count.
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 16 else { return nil }
        let bytes = Array(octets)
        self.init(groups: (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) })
    }

    /// The text forms of RFC 4291, section 2.2, without zone.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45 else { return nil }
        guard let gap = text.firstRange(ofDoubleColon: ()) else {
            guard let groups = Self.parseGroups(text), groups.count == 8 else { return nil }
            self.init(groups: groups)
            return
        }
        let before = text[..<gap.lowerBound]
        let after = text[gap.upperBound...]
        guard let head = before.isEmpty ? [] : Self.parseGroups(before, mayEndInV4: false),
            let tail = after.isEmpty ? [] : Self.parseGroups(after), head.count + tail.count <= 7
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        self.init(groups: head + zeros + tail)
    }

    private static func parseGroups(_ text: some StringProtocol, mayEndInV4: Bool = true) -> [UInt16]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, part.contains(".") {
                guard let address = IPv4Address(part) else { return nil }
                groups += [UInt16(address.bits >> 16), UInt16(address.bits & 0xffff)]
                continue
            }
            let isHexadecimal = part.utf8.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            }
            guard isHexadecimal, 1...4 ~= part.utf8.count, let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        return groups
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

extension IPv6Address: CustomStringConvertible {
    /// The form of RFC 5952: lower case, the first longest run of two or more zero groups as `::`.
    public var description: String {
        if high == 0, low >> 32 == 0xffff {
            return "::ffff:\(IPv4Address(bits: UInt32(truncatingIfNeeded: low)))"
        }
        let groups = self.groups
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return text(groups[...]) }
        return "\(text(groups[..<longest.lowerBound]))::\(text(groups[longest.upperBound...]))"
    }
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

extension String {
    /// The only `::` of an address; nil when there is none. A second one fails later, as an empty group.
    fileprivate func firstRange(ofDoubleColon: Void) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if self[index] == ":", next < endIndex, self[next] == ":" { return index..<self.index(after: next) }
            index = next
        }
        return nil
    }
}
