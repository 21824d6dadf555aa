/// Annotations `org.systemd.property.NAME`: further properties of the unit, their values as GVariant texts.
///
/// As runc has it: names of letters alone, and seconds (`…Sec`) are turned into microseconds (`…USec`), which is how systemd
/// takes them on its bus.
enum AnnotatedProperties {
    static let prefix = "org.systemd.property."
    private static let suffix = "Sec"

    /// In the order of their names.
    static func list(_ annotations: [String: String]) throws(CgroupError) -> [UnitProperty] {
        var properties: [UnitProperty] = []
        for (key, text) in annotations.filter({ $0.key.hasPrefix(prefix) }).sorted(by: { $0.key < $1.key }) {
            let field = "annotations[\"\(key)\"]"
            let name = String(key.dropFirst(prefix.count))
            guard name.utf8.count >= 3, name.utf8.allSatisfy(isLetter) else {
                throw CgroupError(
                    field: field, "\"\(name)\" is no name of a property: at least three letters, nothing else")
            }
            guard let value = VariantText.value(text) else {
                throw CgroupError(field: field, "\"\(text)\" is no value such as true, 'text', uint64 5 or ['a', 'b']")
            }
            properties.append(try property(name, value, field: field))
        }
        return properties
    }

    private static func property(_ name: String, _ value: BusValue, field: String) throws(CgroupError) -> UnitProperty {
        let stem = name.utf8.dropLast(suffix.count)
        guard name.hasSuffix(suffix), let last = stem.last, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(last)
        else {
            return UnitProperty(name, value)
        }
        guard let microseconds = microseconds(value) else {
            throw CgroupError(field: field, "isn't a number of seconds")
        }
        return UnitProperty(String(name.dropLast(suffix.count)) + "USec", .uint64(microseconds))
    }

    private static func microseconds(_ seconds: BusValue) -> UInt64? {
        let whole: UInt64?
        switch seconds {
        case .byte(let number): whole = UInt64(number)
        case .int16(let number): whole = UInt64(exactly: number)
        case .uint16(let number): whole = UInt64(number)
        case .int32(let number): whole = UInt64(exactly: number)
        case .uint32(let number): whole = UInt64(number)
        case .int64(let number): whole = UInt64(exactly: number)
        case .uint64(let number): whole = number
        case .double(let number): return UInt64(exactly: (number * 1_000_000).rounded(.towardZero))
        default: return nil
        }
        guard let (product, isTooLarge) = whole?.multipliedReportingOverflow(by: 1_000_000), !isTooLarge else {
            return nil
        }
        return product
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
