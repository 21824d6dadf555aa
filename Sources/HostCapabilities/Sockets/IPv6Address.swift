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
