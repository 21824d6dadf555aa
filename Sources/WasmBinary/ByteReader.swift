/// Reads numbers and names from a part of a binary, never past its end.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], from position: Int, to end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    var isAtEnd: Bool { position >= end }
    var remaining: Int { end - position }

    func fail(_ reason: BinaryError.Reason) -> BinaryError { BinaryError(reason, at: position) }

    mutating func byte() throws(BinaryError) -> UInt8 {
        guard position < end else { throw fail(.ended) }
        defer { position += 1 }
        return bytes[position]
    }

    func peek() throws(BinaryError) -> UInt8 {
        guard position < end else { throw fail(.ended) }
        return bytes[position]
    }

    mutating func skip(_ count: Int) throws(BinaryError) {
        guard count >= 0, count <= remaining else { throw fail(.ended) }
        position += count
    }

    /// The next `count` bytes as a reader of their own; this one goes on behind them.
    mutating func part(_ count: Int) throws(BinaryError) -> ByteReader {
        guard count >= 0, count <= remaining else { throw fail(.wrongSize) }
        defer { position += count }
        return ByteReader(bytes, from: position, to: position + count)
    }

    /// An unsigned number of at most `bits` bits in LEB128 (core specification, 5.2.2).
    private mutating func unsigned(bits: Int) throws(BinaryError) -> UInt64 {
        let start = position
        var result: UInt64 = 0
        var shift = 0
        while true {
            let next = try byte()
            let low = UInt64(next & 0x7f)
            // In the last byte only the bits that are left may be set, and it has to be the last.
            if shift + 7 > bits, low >> UInt64(bits - shift) != 0 { throw BinaryError(.numberTooLarge, at: start) }
            result |= low << UInt64(shift)
            if next & 0x80 == 0 { return result }
            shift += 7
            if shift >= bits { throw BinaryError(.numberTooLarge, at: start) }
        }
    }

    /// A signed number of at most `bits` bits in LEB128.
    mutating func signed(bits: Int) throws(BinaryError) -> Int64 {
        let start = position
        var result: Int64 = 0
        var shift = 0
        while true {
            let next = try byte()
            result |= Int64(next & 0x7f) << Int64(shift)
            shift += 7
            if next & 0x80 == 0 {
                if shift < 64, next & 0x40 != 0 { result |= -1 << Int64(shift) }
                break
            }
            if shift >= bits { throw BinaryError(.numberTooLarge, at: start) }
        }
        if bits < 64, result >> Int64(bits - 1) != 0, result >> Int64(bits - 1) != -1 {
            throw BinaryError(.numberTooLarge, at: start)
        }
        return result
    }

    mutating func u32() throws(BinaryError) -> UInt32 { UInt32(truncatingIfNeeded: try unsigned(bits: 32)) }
    mutating func u64() throws(BinaryError) -> UInt64 { try unsigned(bits: 64) }

    /// How many elements follow, each of at least one byte.
    mutating func count(of what: String, limit: Int) throws(BinaryError) -> Int {
        let count = Int(try u32())
        guard count <= limit else { throw fail(.tooMany(what)) }
        guard count <= remaining else { throw fail(.wrongSize) }
        return count
    }

    /// A size and that many bytes.
    mutating func sizedPart() throws(BinaryError) -> ByteReader { try part(Int(try u32())) }

    mutating func name() throws(BinaryError) -> String {
        let start = position
        let size = Int(try u32())
        guard size <= BinaryLimits.nameBytes else { throw BinaryError(.tooMany("bytes in a name"), at: start) }
        guard size <= remaining else { throw fail(.ended) }
        defer { position += size }
        guard let text = String(validating: bytes[position..<position + size], as: UTF8.self) else {
            throw BinaryError(.notUTF8, at: start)
        }
        return text
    }
}
