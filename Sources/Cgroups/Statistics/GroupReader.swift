import SystemCalls

/// Reads numbers from the files of one group. What isn't there is nil: kernels differ in what they count.
struct GroupReader {
    let directory: String

    func text(_ name: String) -> String? { try? GroupFile.text(name, of: directory) }

    /// A file of one number; `max` is the largest.
    func number(_ name: String) -> UInt64? {
        guard let word = text(name)?.split(whereSeparator: \.isWhitespace).first else { return nil }
        return Self.number(word)
    }

    /// Numbers in one line.
    func numbers(_ name: String) -> [UInt64] {
        text(name)?.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) } ?? []
    }

    func counters(_ name: String) -> Counters? { text(name).map(Counters.init) }

    static func number(_ word: Substring) -> UInt64? {
        if word == "max" { return .max }
        // Version 1 writes some limits as signed numbers.
        if word.first == "-" { return .max }
        return UInt64(word)
    }
}

extension CgroupStatistics.Pressure {
    /// Lines such as `some avg10=0.00 avg60=0.12 avg300=1.00 total=4711`; nil when there is none.
    init?(_ text: String) {
        var isFilled = false
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let kind = fields.first else { continue }
            let share = Share(fields.dropFirst())
            switch kind {
            case "some": some = share
            case "full": full = share
            default: continue
            }
            isFilled = true
        }
        if !isFilled { return nil }
    }
}

extension CgroupStatistics.Pressure.Share {
    fileprivate init(_ fields: ArraySlice<Substring>) {
        for field in fields {
            let parts = field.split(separator: "=")
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "avg10": average10 = Double(parts[1]) ?? 0
            case "avg60": average60 = Double(parts[1]) ?? 0
            case "avg300": average300 = Double(parts[1]) ?? 0
            case "total": total = UInt64(parts[1]) ?? 0
            default: continue
            }
        }
    }
}
