import JSON

/// Processors or memory nodes, from a list like `0-3,7`.
public struct ProcessorSet: Equatable, Sendable {
    /// Ascending, without overlap.
    public private(set) var ranges: [ClosedRange<UInt32>]

    /// Ranges that one list may have before they are merged.
    static let rangeLimit = Int(RuntimeLimits.processors)

    /// Errors: nil for what isn't such a list, or names a number of `RuntimeLimits.processors` or more.
    public init?(parsing text: String) {
        var found: [ClosedRange<UInt32>] = []
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= Self.rangeLimit else { return nil }
        for part in parts {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let low = ends.first.flatMap(Self.number), let high = ends.last.flatMap(Self.number), low <= high
            else { return nil }
            found.append(low...high)
        }
        ranges = []
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last, range.lowerBound <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    /// The list at `key`; nil when it is absent or empty.
    init?(json node: JSONNode, _ key: String) throws(JSONError) {
        guard let text = try node.text(key) else { return nil }
        guard let set = ProcessorSet(parsing: text) else {
            throw try node.required(key).invalid(
                "\(shortened(text)) is no list like 0-3,7 of numbers below \(RuntimeLimits.processors)")
        }
        self = set
    }

    private static func number(_ text: Substring) -> UInt32? {
        let text = text.drop { $0 == " " }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt32(text),
            number < RuntimeLimits.processors
        else { return nil }
        return number
    }

    public func contains(_ number: UInt32) -> Bool { ranges.contains { $0.contains(number) } }

    /// One bit for each number, as sched_setaffinity(2) and set_mempolicy(2) take them.
    public var mask: [UInt64] {
        var mask = [UInt64](repeating: 0, count: Int((ranges.last?.upperBound ?? 0) / 64) + 1)
        for range in ranges { for number in range { mask[Int(number / 64)] |= 1 << UInt64(number % 64) } }
        return mask
    }
}
