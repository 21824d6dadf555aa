extension JSONValue {
    /// Reads one document of RFC 8259: UTF-8 without a byte order mark, nothing after the value but white space.
    ///
    /// Refused, because two readers could see two documents: a name that occurs twice in an object, a lone surrogate, bytes
    /// that aren't UTF-8, a number beyond the range of a double.
    public init(reading bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            throw JSONError(
                place: .byte(limits.bytes),
                problem: "the document has \(bytes.count) bytes, at most \(limits.bytes) are read")
        }
        var reader = JSONReader(bytes: bytes, limits: limits)
        self = try reader.document()
    }

    /// Reads the UTF-8 bytes of `text`.
    public init(reading text: String, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(reading: Array(text.utf8), limits: limits)
    }
}

/// A recursive descent over the bytes of one document.
struct JSONReader {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    var depth = 0
    var valuesLeft: Int

    /// Objects below this size look for a repeated name by comparing; larger ones use a set, or the cost would be quadratic.
    static let comparedMembers = 12

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        valuesLeft = limits.values
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the document") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw problem("more than \(limits.values) values") }
        skipSpace()
        guard position < bytes.count else { throw unexpected("a value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try descend()
        var members: [JSONObject.Member] = []
        var names: Set<String> = []
        skipSpace()
        if !consume(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let start = position
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a name") }
                let name = try string()
                if members.count == Self.comparedMembers { names = Set(members.map(\.key)) }
                let repeated =
                    members.count < Self.comparedMembers
                    ? members.contains { $0.key == name } : !names.insert(name).inserted
                guard !repeated else {
                    throw JSONError(place: .byte(start), problem: "the name \(quoted(name)) occurs twice in one object")
                }
                skipSpace()
                guard consume(UInt8(ascii: ":")) else { throw unexpected("\":\"") }
                members.append(.init(key: name, value: try value()))
                skipSpace()
            } while consume(UInt8(ascii: ","))
            guard consume(UInt8(ascii: "}")) else { throw unexpected("\",\" or \"}\"") }
        }
        depth -= 1
        return .object(JSONObject(members))
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try descend()
        var elements: [JSONValue] = []
        skipSpace()
        if !consume(UInt8(ascii: "]")) {
            repeat {
                elements.append(try value())
                skipSpace()
            } while consume(UInt8(ascii: ","))
            guard consume(UInt8(ascii: "]")) else { throw unexpected("\",\" or \"]\"") }
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func descend() throws(JSONError) {
        position += 1
        depth += 1
        guard depth <= limits.depth else { throw problem("nested deeper than \(limits.depth) levels") }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual(text.description.utf8) else {
            throw unexpected("a value")
        }
        position = end
        return value
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func consume(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    func problem(_ text: String) -> JSONError { JSONError(place: .byte(position), problem: text) }

    func unexpected(_ expected: String) -> JSONError {
        guard position < bytes.count else { return problem("expected \(expected), found the end of the document") }
        let byte = bytes[position]
        let found =
            (0x20..<0x7F).contains(byte) ? quoted(String(UnicodeScalar(byte))) : "the byte 0x" + String(byte, radix: 16)
        return problem("expected \(expected), found \(found)")
    }
}
