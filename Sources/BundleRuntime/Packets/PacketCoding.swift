/// A packet between processes of ours that isn't one.
struct PacketError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Writes values one after the other: numbers little-endian, texts behind their length.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func add(_ number: Int32) { add(UInt32(bitPattern: number)) }

    mutating func add(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func add(_ text: String) {
        add(UInt32(clamping: text.utf8.count))
        bytes += text.utf8
    }

    /// A text of whatever length and content, as much of it as can be read again. Messages of failures may quote anything.
    mutating func add(_ text: String, cutTo limit: Int) {
        if text.utf8.count <= limit, !text.utf8.contains(0) { return add(text) }
        var bytes = Array(text.utf8.lazy.filter { $0 != 0 }.prefix(limit + 1))
        if bytes.count > limit {
            // Where a character begins.
            while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
        }
        add(UInt32(clamping: bytes.count))
        self.bytes += bytes
    }
}

/// Reads what `PacketWriter` writes. Nothing is taken on trust: every length is held against what is there, a text is UTF-8
/// without NUL, a flag is 0 or 1, and nothing may be left over.
struct PacketReader {
    private var rest: ArraySlice<UInt8>

    /// The longest text: a path.
    static let textLimit = 4096

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type = Number.self
    ) throws(PacketError) -> Number {
        let count = Number.bitWidth / 8
        guard rest.count >= count else { throw PacketError("ends within a number") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | Number($1) }
    }

    mutating func signed() throws(PacketError) -> Int32 { Int32(bitPattern: try number()) }

    mutating func flag() throws(PacketError) -> Bool {
        switch try number(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw PacketError("a flag is neither 0 nor 1")
        }
    }

    mutating func text(limit: Int = textLimit) throws(PacketError) -> String {
        let count = Int(try number(UInt32.self))
        guard count <= limit else { throw PacketError("a text is longer than \(limit) bytes") }
        guard count <= rest.count else { throw PacketError("ends within a text") }
        let bytes = rest.prefix(count)
        rest = rest.dropFirst(count)
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw PacketError("a text isn't UTF-8 without NUL")
        }
        return text
    }

    /// All was read.
    func end() throws(PacketError) {
        guard rest.isEmpty else { throw PacketError("\(rest.count) bytes are left over") }
    }
}
