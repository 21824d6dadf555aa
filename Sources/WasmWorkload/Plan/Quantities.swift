/// Sizes and durations as people write them, on a command line and in annotations.
public enum Quantities {
    /// Bytes: `65536`, `64k`, `512m`, `1.5g`, `64MiB`; powers of 1,024. Zero and overflow are refused.
    public static func bytes(_ text: String) -> UInt64? {
        let (number, unit) = split(text)
        let shift: UInt64
        switch unit.lowercased() {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        default: return nil
        }
        guard let whole = UInt64(number) else {
            // A part of a unit: 1.5g.
            guard let part = Double(number), part.isFinite, part > 0 else { return nil }
            let bytes = UInt64(exactly: (part * Double(1 << shift)).rounded(.down))
            return bytes == 0 ? nil : bytes
        }
        let (bytes, overflow) = whole.multipliedReportingOverflow(by: 1 << shift)
        return overflow || bytes == 0 ? nil : bytes
    }

    /// Milliseconds: `1500ms`, `2s`, `5m`, `1h`, and a plain number of seconds. Zero and more than a year are refused.
    public static func milliseconds(_ text: String) -> UInt64? {
        let (number, unit) = split(text)
        guard let number = Double(number), number.isFinite, number > 0 else { return nil }
        let factor: Double
        switch unit.lowercased() {
        case "ms": factor = 1
        case "", "s": factor = 1000
        case "m", "min": factor = 60_000
        case "h": factor = 3_600_000
        default: return nil
        }
        let value = (number * factor).rounded(.up)
        return value <= 366 * 86_400_000.0 ? UInt64(value) : nil
    }

    /// Processors: a positive decimal such as `0.5`, in thousandths.
    public static func thousandthsOfProcessors(_ text: String) -> UInt64? {
        guard let number = Double(text), number.isFinite, number >= 0.001, number <= 1_000_000 else { return nil }
        return UInt64((number * 1000).rounded())
    }

    private static func split(_ text: String) -> (number: Substring, unit: Substring) {
        let end = text.firstIndex { !($0.isASCII && ($0.isNumber || $0 == ".")) } ?? text.endIndex
        return (text[..<end], text[end...])
    }
}
