/// The text form of a value, as annotations carry it: the part of GVariant's that units need.
///
/// `true`, `5` (an int32), `uint64 5`, `1.5`, `'text'`, `"text"`, `['a', 'b']`, `@as []`, `('a', 1)`, `<'variant'>`.
struct VariantText {
    private var rest: Substring.UTF8View
    private static let sizeLimit = 1 << 16
    private static let depthLimit = 16

    /// nil when the text isn't exactly one value.
    static func value(_ text: String) -> BusValue? {
        guard text.utf8.count <= sizeLimit else { return nil }
        var parser = VariantText(rest: Substring(text).utf8)
        guard let value = parser.value(as: nil, depth: 0) else { return nil }
        parser.skipSpace()
        return parser.rest.isEmpty ? value : nil
    }

    private init(rest: Substring.UTF8View) { self.rest = rest }

    private mutating func skipSpace() {
        while let byte = rest.first, byte == 0x20 || (0x09...0x0d).contains(byte) { rest.removeFirst() }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// - Parameter type: what the value has to be; nil for what it looks like.
    private mutating func value(as type: BusType?, depth: Int) -> BusValue? {
        skipSpace()
        guard depth <= Self.depthLimit, let first = rest.first else { return nil }
        switch first {
        case UInt8(ascii: "@"):
            let word = word()
            guard let named = try? BusType.one(String(word.dropFirst())), type == nil || type == named else {
                return nil
            }
            return value(as: named, depth: depth + 1)
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return string(as: type)
        case UInt8(ascii: "["): return array(as: type, depth: depth)
        case UInt8(ascii: "("): return structure(as: type, depth: depth)
        case UInt8(ascii: "<"):
            rest.removeFirst()
            guard type ?? .variant == .variant, let inner = value(as: nil, depth: depth + 1), take(">") else {
                return nil
            }
            return .variant(inner)
        default: return scalar(word(), as: type, depth: depth)
        }
    }

    private mutating func word() -> String {
        let word = rest.prefix {
            !" \t\r\n,]>".utf8.contains($0) && ($0 != UInt8(ascii: ")") || rest.first == UInt8(ascii: "@"))
        }
        rest.removeFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    private static let names: [String: Unicode.Scalar] = [
        "boolean": "b", "byte": "y", "int16": "n", "uint16": "q", "int32": "i", "uint32": "u", "int64": "x",
        "uint64": "t", "double": "d", "string": "s", "objectpath": "o", "signature": "g",
    ]

    private mutating func scalar(_ word: String, as type: BusType?, depth: Int) -> BusValue? {
        if let code = Self.names[word] {
            let named = BusType.basic(UInt8(ascii: code))
            return type == nil || type == named ? value(as: named, depth: depth + 1) : nil
        }
        if word == "true" || word == "false" {
            return type ?? .basic(UInt8(ascii: "b")) == .basic(UInt8(ascii: "b")) ? .boolean(word == "true") : nil
        }
        guard case .basic(let code) = type ?? .basic(UInt8(ascii: word.contains(".") ? "d" : "i")) else { return nil }
        return Self.number(word, code)
    }

    private static func number(_ word: String, _ code: UInt8) -> BusValue? {
        switch code {
        case UInt8(ascii: "y"): integer(word).map { .byte($0) }
        case UInt8(ascii: "n"): integer(word).map { .int16($0) }
        case UInt8(ascii: "q"): integer(word).map { .uint16($0) }
        case UInt8(ascii: "i"): integer(word).map { .int32($0) }
        case UInt8(ascii: "u"): integer(word).map { .uint32($0) }
        case UInt8(ascii: "x"): integer(word).map { .int64($0) }
        case UInt8(ascii: "t"): integer(word).map { .uint64($0) }
        case UInt8(ascii: "d"): Double(word).flatMap { $0.isFinite ? .double($0) : nil }
        default: nil
        }
    }

    private static func integer<Number: FixedWidthInteger>(_ word: String) -> Number? {
        word.hasPrefix("0x") ? Number(word.dropFirst(2), radix: 16) : Number(word)
    }

    private mutating func string(as type: BusType?) -> BusValue? {
        guard let quote = rest.popFirst() else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote {
                guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
                switch type ?? .basic(UInt8(ascii: "s")) {
                case .basic(UInt8(ascii: "s")): return .string(text)
                case .basic(UInt8(ascii: "o")): return text.hasPrefix("/") ? .objectPath(text) : nil
                case .basic(UInt8(ascii: "g")): return (try? BusType.list(text)).map { _ in .signature(text) }
                default: return nil
                }
            }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = rest.popFirst(), let plain = Self.escapes[escaped] else { return nil }
            bytes.append(plain)
        }
        return nil
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "'"): UInt8(ascii: "'"),
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "n"): 0x0a, UInt8(ascii: "t"): 0x09,
        UInt8(ascii: "r"): 0x0d,
    ]

    private mutating func array(as type: BusType?, depth: Int) -> BusValue? {
        rest.removeFirst()
        var element: BusType?
        if let type {
            guard case .array(let wanted) = type else { return nil }
            element = wanted
        }
        var values: [BusValue] = []
        if !take("]") {
            repeat {
                guard let value = value(as: element, depth: depth + 1) else { return nil }
                // The first element says what the others are.
                if element == nil { element = try? BusType.one(value.signature) }
                values.append(value)
            } while take(",")
            guard take("]") else { return nil }
        }
        guard let element else { return nil }
        if element == .basic(UInt8(ascii: "y")) {
            return .bytes(values.compactMap { if case .byte(let byte) = $0 { byte } else { nil } })
        }
        return .array(of: element.signature, values)
    }

    private mutating func structure(as type: BusType?, depth: Int) -> BusValue? {
        rest.removeFirst()
        var wanted: [BusType]?
        if let type {
            guard case .structure(let members) = type else { return nil }
            wanted = members
        }
        var values: [BusValue] = []
        repeat {
            if let wanted, values.count == wanted.count { return nil }
            guard let value = value(as: wanted?[values.count], depth: depth + 1) else { return nil }
            values.append(value)
        } while take(",")
        guard take(")"), wanted == nil || wanted?.count == values.count else { return nil }
        return .structure(values)
    }
}
