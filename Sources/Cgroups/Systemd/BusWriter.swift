/// Marshals values, always little-endian. D-Bus specification, "Marshaling (Wire Format)".
struct BusWriter {
    private(set) var bytes: [UInt8] = []

    /// A message of ours; the protocol's own limit is 128 MiB.
    static let sizeLimit = 1 << 20
    private static let depthLimit = 64

    mutating func align(_ alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }

    mutating func append(_ value: BusValue, depth: Int = 0) throws(BusError) {
        guard depth <= Self.depthLimit else { throw .unsendable("a value is nested too deep for the bus") }
        switch value {
        case .byte(let value): bytes.append(value)
        case .boolean(let value): number(UInt32(value ? 1 : 0))
        case .int16(let value): number(value)
        case .uint16(let value): number(value)
        case .int32(let value): number(value)
        case .uint32(let value): number(value)
        case .int64(let value): number(value)
        case .uint64(let value): number(value)
        case .double(let value): number(value.bitPattern)
        case .string(let text), .objectPath(let text): try string(text)
        case .signature(let text): try signature(text)
        case .bytes(let content):
            number(try length(content.count))
            bytes += content
        case .array(let element, let elements): try array(of: element, elements, depth: depth)
        case .structure(let members):
            align(8)
            for member in members { try append(member, depth: depth + 1) }
        case .entry(let key, let value):
            align(8)
            try append(key, depth: depth + 1)
            try append(value, depth: depth + 1)
        case .variant(let value):
            try signature(value.signature)
            try append(value, depth: depth + 1)
        }
        _ = try length(bytes.count)
    }

    /// A number at the alignment of its size.
    mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        align(Number.bitWidth / 8)
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    private func length(_ count: Int) throws(BusError) -> UInt32 {
        guard count <= Self.sizeLimit else {
            throw .unsendable("a message for the bus is larger than \(Self.sizeLimit)")
        }
        return UInt32(count)
    }

    private mutating func string(_ text: String) throws(BusError) {
        guard !text.utf8.contains(0) else { throw .unsendable("a text for the bus has a zero byte in it") }
        number(try length(text.utf8.count))
        bytes += text.utf8
        bytes.append(0)
    }

    private mutating func signature(_ text: String) throws(BusError) {
        _ = try BusType.list(text)
        bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
        bytes += text.utf8
        bytes.append(0)
    }

    private mutating func array(of element: String, _ elements: [BusValue], depth: Int) throws(BusError) {
        guard elements.allSatisfy({ $0.signature == element }) else {
            throw .unsendable("an array for the bus has elements of different types")
        }
        number(UInt32(0))
        let lengthPlace = bytes.count - 4
        // The padding before the first element doesn't count, and is there even when no element is.
        align(try BusType.element(element).alignment)
        let start = bytes.count
        for element in elements { try append(element, depth: depth + 1) }
        let size = try length(bytes.count - start)
        withUnsafeBytes(of: size.littleEndian) { bytes.replaceSubrange(lengthPlace..<lengthPlace + 4, with: $0) }
    }
}
