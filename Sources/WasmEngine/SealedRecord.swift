/// A small file of numbers and one text with a checksum over all of it: damage makes it unreadable, never wrong.
struct SealedRecord {
    var numbers: [UInt64]
    var text: String

    static let limit = 4096
    /// Changed with the meaning of the numbers, so that old records are dropped.
    private static let magic: UInt64 = 0x3130_4c41_4553_544d

    func encoded() -> [UInt8] {
        let words = [Self.magic, UInt64(numbers.count)] + numbers + [UInt64(text.utf8.count)]
        var bytes = words.flatMap(Self.bytes) + Array(text.utf8)
        bytes += Self.bytes(Self.checksum(bytes[...]))
        return bytes
    }

    init(numbers: [UInt64], text: String) {
        self.numbers = numbers
        self.text = text
    }

    /// Nil for anything that `encoded` didn't make.
    init?(_ bytes: [UInt8], numbers expected: Int) {
        let head = 8 * (3 + expected)
        guard bytes.count >= head + 8, bytes.count <= Self.limit else { return nil }
        let body = bytes.dropLast(8)
        guard Self.word(bytes, at: body.count) == Self.checksum(body), Self.word(bytes, at: 0) == Self.magic,
            Self.word(bytes, at: 8) == UInt64(expected)
        else { return nil }
        guard Self.word(bytes, at: head - 8) == UInt64(body.count - head),
            let text = String(validating: body[head...], as: UTF8.self)
        else { return nil }
        numbers = (0..<expected).map { Self.word(bytes, at: 16 + 8 * $0) }
        self.text = text
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash = StableHash()
        bytes.withUnsafeBytes { hash.add($0) }
        return hash.value
    }
}
