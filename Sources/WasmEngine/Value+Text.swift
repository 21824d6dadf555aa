// Arguments and results as a person writes and reads them at `martlet run --invoke`.

extension Value {
    /// Reads an argument of a function: `i32`, `i64` (decimal, negative, or `0x…`, signed or unsigned), `f32`, `f64` (also
    /// `nan`, `inf`). Throws `arguments` for anything else, and for types that have no text form.
    public static func parse(_ text: String, as type: ValueType) throws(EngineError) -> Value {
        let value: Value? =
            switch type {
            case .i32: integer(text).flatMap(Int32.init(wrapping:)).map(Value.i32)
            case .i64: integer(text).flatMap(Int64.init(wrapping:)).map(Value.i64)
            case .f32: text.isPlainNumber ? Float(text).map(Value.f32) : nil
            case .f64: text.isPlainNumber ? Double(text).map(Value.f64) : nil
            case .v128, .reference: nil
            }
        if let value { return value }
        switch type {
        case .v128, .reference:
            throw EngineError(.arguments, "read \"\(text)\"", "a \(type) can't be given as text")
        case .i32, .i64, .f32, .f64:
            throw EngineError(.arguments, "read \"\(text)\"", "not a number that fits \(type)")
        }
    }

    /// Sign and magnitude of a decimal or hexadecimal number.
    private static func integer(_ text: String) -> (isNegative: Bool, magnitude: UInt64)? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        if isHexadecimal { digits = digits.dropFirst(2) }
        // A second sign would be read by the initializer.
        guard let first = digits.first, first.isHexDigit else { return nil }
        return UInt64(digits, radix: isHexadecimal ? 16 : 10).map { (isNegative, $0) }
    }
}

extension String {
    /// Numbers without surrounding space, and not the initializer's whole set of words.
    fileprivate var isPlainNumber: Bool { utf8.count <= 64 && !utf8.isEmpty && !contains(where: \.isWhitespace) }
}

extension FixedWidthInteger where Self: SignedInteger {
    /// A number in the range of either the signed or the unsigned type.
    fileprivate init?(wrapping number: (isNegative: Bool, magnitude: UInt64)) {
        if number.isNegative {
            guard number.magnitude <= UInt64(Self.max.magnitude) + 1 else { return nil }
            self = 0 &- Self(truncatingIfNeeded: number.magnitude)
        } else {
            guard number.magnitude <= UInt64.max >> UInt64(64 - Self.bitWidth) else { return nil }
            self = Self(truncatingIfNeeded: number.magnitude)
        }
    }
}

extension Value: CustomStringConvertible {
    /// The number alone; a vector as `0x` and 32 digits; a reference as `null` or its kind.
    public var description: String {
        switch self {
        case .i32(let number): "\(number)"
        case .i64(let number): "\(number)"
        case .f32(let number): "\(number)"
        case .f64(let number): "\(number)"
        case .v128(let low, let high): "0x\(high.hexadecimal)\(low.hexadecimal)"
        case .reference(_, isNull: true): "null"
        case .reference(let kind, isNull: false): "<\(kind) reference>"
        }
    }
}

extension UInt64 {
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
