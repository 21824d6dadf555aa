import SystemCalls

/// A container's id: 64 hexadecimal digits, drawn at random.
public struct ContainerID: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// nil when it isn't an id.
    public init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.text = text
    }

    private init(bytes: [UInt8]) {
        text = String(
            decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A new one, from the kernel's random numbers.
    public static func random() throws(SystemCallError) -> ContainerID {
        var bytes = [UInt8](repeating: 0, count: 32)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemCallError) in
            try Randomness.fill(UnsafeMutableRawBufferPointer(buffer))
        }
        return ContainerID(bytes: bytes)
    }

    /// What people are shown: the first 12 digits.
    public var short: String { String(text.prefix(12)) }

    public var description: String { text }

    private static let digits = Array("0123456789abcdef".utf8)

    static func isDigit(_ byte: UInt8) -> Bool { digits.contains(byte) }
}
