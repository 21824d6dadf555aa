/// A name of the domain name system in lower case, without the dot of the root.
public struct HostName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all (RFC 1035, section 2.3.4). A name
    /// whose last label is a number is refused: it could only be an address in an odd form.
    public init?(_ text: some StringProtocol) {
        let trimmed = text.hasSuffix(".") ? text.dropLast() : text[...]
        let bytes = Array(trimmed.utf8)
        guard 1...253 ~= bytes.count else { return nil }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            guard 1...63 ~= label.count, label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"),
                label.allSatisfy(Self.isAllowed)
            else { return nil }
        }
        if labels.last?.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) == true { return nil }
        if let last = labels.last, last.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) { return nil }
        self.text = String(decoding: bytes, as: UTF8.self).lowercased()
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    public func isBelow(_ parent: HostName) -> Bool { text.hasSuffix(".\(parent.text)") }

    public var labels: [Substring] { text.split(separator: ".") }

    public var description: String { text }
}
