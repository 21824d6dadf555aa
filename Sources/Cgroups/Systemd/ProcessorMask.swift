/// A list of processors or memory nodes, `0-3,7`, as the bits that systemd takes: bit n of the bytes is number n.
enum ProcessorMask {
    /// More than any kernel is built for.
    private static let limit = 1 << 16

    static func bytes(_ setting: GroupSetting) throws(CgroupError) -> [UInt8] {
        guard let bytes = bytes(setting.value) else {
            throw CgroupError(field: setting.field, "\"\(setting.value)\" is no list of numbers such as 0-3,7")
        }
        return bytes
    }

    static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = Int(ends[0]), let last = Int(ends[ends.count - 1]), first >= 0,
                first <= last,
                last < limit
            else { return nil }
            if bytes.count <= last / 8 { bytes += [UInt8](repeating: 0, count: last / 8 + 1 - bytes.count) }
            for number in first...last { bytes[number / 8] |= 1 << (number % 8) }
        }
        return bytes.isEmpty ? nil : bytes
    }
}
