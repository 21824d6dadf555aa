// Strings and numbers: RFC 8259, sections 6 and 7.

extension JSONReader {
    /// Reads the string whose opening quote is at `position`.
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let text = try validated(bytes[start..<position], from: start)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw problem("a control character stands unescaped in a string")
            default:
                position += 1
            }
        }
        throw unexpected("the end of a string")
    }

    /// Goes on at the first backslash of a string that began at `start`.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                let string = try validated(text[...], from: start)
                position += 1
                return string
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case 0..<0x20:
                throw problem("a control character stands unescaped in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unexpected("the end of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw unexpected("an escape") }
        let simple: UInt8
        switch bytes[position] {
        case UInt8(ascii: "\""): simple = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): simple = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): simple = UInt8(ascii: "/")
        case UInt8(ascii: "b"): simple = 0x08
        case UInt8(ascii: "f"): simple = 0x0C
        case UInt8(ascii: "n"): simple = 0x0A
        case UInt8(ascii: "r"): simple = 0x0D
        case UInt8(ascii: "t"): simple = 0x09
        case UInt8(ascii: "u"):
            position += 1
            text.append(contentsOf: String(try escapedScalar()).utf8)
            return
        default: throw unexpected("an escape")
        }
        text.append(simple)
        position += 1
    }

    private mutating func escapedScalar() throws(JSONError) -> UnicodeScalar {
        let start = position
        let first = try codeUnit()
        if let scalar = UnicodeScalar(first) { return scalar }
        let lone = JSONError(place: .byte(start), problem: "a lone surrogate isn't a character")
        guard UTF16.isLeadSurrogate(first), consume(UInt8(ascii: "\\")), consume(UInt8(ascii: "u")) else { throw lone }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw lone }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = UnicodeScalar(value) else { throw lone }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Self.hexadecimal(bytes[position]) else {
                throw unexpected("a hexadecimal digit")
            }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private func validated(_ text: ArraySlice<UInt8>, from start: Int) throws(JSONError) -> String {
        // Nearly every string is ASCII, and the general way costs more than all the rest of reading.
        if text.allSatisfy({ $0 < 0x80 }) { return String(decoding: text, as: UTF8.self) }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(place: .byte(start), problem: "a string isn't UTF-8")
        }
        return string
    }

    /// Reads a number; RFC 8259 has no leading zeros, no plus sign, and digits on both sides of the point.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let negative = consume(UInt8(ascii: "-"))
        let firstDigit = position
        let magnitude = try digits()
        if position - firstDigit > 1, bytes[firstDigit] == UInt8(ascii: "0") {
            throw JSONError(place: .byte(firstDigit), problem: "a number begins with 0")
        }
        var whole = true
        if consume(UInt8(ascii: ".")) {
            whole = false
            _ = try digits()
        }
        if consume(UInt8(ascii: "e")) || consume(UInt8(ascii: "E")) {
            whole = false
            if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
            _ = try digits()
        }
        if whole, let magnitude, let exact = Self.exact(magnitude, negative: negative) { return exact }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let double = Double(text), double.isFinite else {
            throw JSONError(place: .byte(start), problem: "a number beyond the range of a double")
        }
        return .double(double)
    }

    /// Reads at least one digit; nil when their value exceeds `UInt64`.
    private mutating func digits() throws(JSONError) -> UInt64? {
        let start = position
        var value: UInt64? = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            if let current = value {
                let (tens, overflow) = current.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
                value = overflow || carry ? nil : sum
            }
            position += 1
        }
        guard position > start else { throw unexpected("a digit") }
        return value
    }

    private static func exact(_ magnitude: UInt64, negative: Bool) -> JSONValue? {
        guard negative else {
            return Int64(exactly: magnitude).map { .integer($0) } ?? .unsigned(magnitude)
        }
        // Minus zero is a double: an integer would lose its sign.
        guard magnitude > 0, magnitude <= Int64.min.magnitude else { return nil }
        return .integer(magnitude == Int64.min.magnitude ? .min : -Int64(magnitude))
    }
}
