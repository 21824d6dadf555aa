/// Unmarshals what a bus sent: every length is checked against what is there, every pad and every text against the rules.
struct BusReader {
    private let bytes: ArraySlice<UInt8>
    private let isBigEndian: Bool
    /// Where alignment counts from.
    private let start: Int
    private(set) var place: Int

    /// "Use of variants must not cause a total message depth to be larger than 64."
    private static let depthLimit = 64

    init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
        start = bytes.startIndex
        place = bytes.startIndex
    }

    var isAtEnd: Bool { place == bytes.endIndex }

    mutating func align(_ alignment: Int) throws(BusError) {
        while (place - start) % alignment != 0 {
            guard place < bytes.endIndex, bytes[place] == 0 else { throw .violation("padding that isn't zero") }
            place += 1
        }
    }

    /// The values of a signature, which must be all there is.
    mutating func values(_ signature: String) throws(BusError) -> [BusValue] {
        var values: [BusValue] = []
        for type in try BusType.list(signature) { values.append(try value(type)) }
        guard isAtEnd else { throw .violation("\(bytes.endIndex - place) bytes behind the last value") }
        return values
    }

    mutating func value(_ type: BusType, depth: Int = 0) throws(BusError) -> BusValue {
        guard depth <= Self.depthLimit else { throw .violation("a value nested too deep") }
        switch type {
        case .basic(let code): return try basic(code)
        case .variant:
            let signature = try signature()
            return .variant(try value(try BusType.one(signature), depth: depth + 1))
        case .structure(let members):
            try align(8)
            var values: [BusValue] = []
            for member in members { values.append(try value(member, depth: depth + 1)) }
            return .structure(values)
        case .entry(let keyType, let valueType):
            try align(8)
            let key = try value(keyType, depth: depth + 1)
            return .entry(key, try value(valueType, depth: depth + 1))
        case .array(let element): return try array(of: element, depth: depth)
        }
    }

    private mutating func basic(_ code: UInt8) throws(BusError) -> BusValue {
        switch code {
        case UInt8(ascii: "y"): return .byte(try number())
        case UInt8(ascii: "b"):
            let value: UInt32 = try number()
            guard value <= 1 else { throw .violation("the boolean \(value)") }
            return .boolean(value == 1)
        case UInt8(ascii: "n"): return .int16(try number())
        case UInt8(ascii: "q"): return .uint16(try number())
        case UInt8(ascii: "i"): return .int32(try number())
        case UInt8(ascii: "u"), UInt8(ascii: "h"): return .uint32(try number())
        case UInt8(ascii: "x"): return .int64(try number())
        case UInt8(ascii: "t"): return .uint64(try number())
        case UInt8(ascii: "d"): return .double(Double(bitPattern: try number()))
        case UInt8(ascii: "s"): return .string(try string())
        case UInt8(ascii: "o"):
            let path = try string()
            guard path.utf8.first == UInt8(ascii: "/") else { throw .violation("an object path that isn't one") }
            return .objectPath(path)
        default: return .signature(try signature())
        }
    }

    mutating func number<Number: FixedWidthInteger>() throws(BusError) -> Number {
        let size = Number.bitWidth / 8
        try align(size)
        let raw = try take(size)
        var value: Number = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: raw) }
        return isBigEndian ? Number(bigEndian: value) : Number(littleEndian: value)
    }

    private mutating func take(_ count: Int) throws(BusError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - place else { throw .violation("a length beyond its message") }
        defer { place += count }
        return bytes[place..<place + count]
    }

    private mutating func string() throws(BusError) -> String {
        let length: UInt32 = try number()
        return try text(Int(length))
    }

    private mutating func signature() throws(BusError) -> String {
        let length: UInt8 = try number()
        let text = try text(Int(length))
        _ = try BusType.list(text)
        return text
    }

    private mutating func text(_ count: Int) throws(BusError) -> String {
        let content = try take(count)
        guard try take(1).first == 0, !content.contains(0), let text = String(validating: content, as: UTF8.self) else {
            throw .violation("a text that isn't one")
        }
        return text
    }

    private mutating func array(of element: BusType, depth: Int) throws(BusError) -> BusValue {
        let length: UInt32 = try number()
        try align(element.alignment)
        guard Int(length) <= bytes.endIndex - place else { throw .violation("an array beyond its message") }
        if element == .basic(UInt8(ascii: "y")) { return .bytes(Array(try take(Int(length)))) }
        let end = place + Int(length)
        var elements: [BusValue] = []
        // Every value has at least one byte, so that this ends.
        while place < end { elements.append(try value(element, depth: depth + 1)) }
        guard place == end else { throw .violation("an array whose last element is beyond its end") }
        return .array(of: element.signature, elements)
    }
}
