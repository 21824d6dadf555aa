/// Writes tar archives byte by byte, malformed ones too: what no library would write.
public struct TarBuilder: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// The two formats differ in the magic bytes only, as long as nothing is long or sparse.
    public enum Format: Sendable { case ustar, gnu, old }

    /// One entry: a header, and the data with its padding. `size` is what the header says, whatever the data is.
    public mutating func add(
        _ name: String, type: Character = "0", data: [UInt8] = [], size: UInt64? = nil, mode: UInt32 = 0o644,
        owner: UInt64 = 0, group: UInt64 = 0, modified: UInt64 = 1_000_000_000, link: String = "",
        device: (major: UInt64, minor: UInt64) = (0, 0), format: Format = .ustar,
        edit: (inout [UInt8]) -> Void = { _ in }
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        header.put(Array(name.utf8.prefix(100)), at: 0)
        header.put(octal(UInt64(mode), digits: 7), at: 100)
        header.put(octal(owner, digits: 7), at: 108)
        header.put(octal(group, digits: 7), at: 116)
        header.put(octal(size ?? UInt64(data.count), digits: 11), at: 124)
        header.put(octal(modified, digits: 11), at: 136)
        header[156] = type.asciiValue ?? 0
        header.put(Array(link.utf8.prefix(100)), at: 157)
        switch format {
        case .ustar: header.put(Array("ustar\u{0}00".utf8), at: 257)
        case .gnu: header.put(Array("ustar  \u{0}".utf8), at: 257)
        case .old: break
        }
        if format != .old {
            header.put(octal(device.major, digits: 7), at: 329)
            header.put(octal(device.minor, digits: 7), at: 337)
        }
        edit(&header)
        header.seal()
        bytes += header + data
        pad()
    }

    public mutating func directory(
        _ name: String, mode: UInt32 = 0o755, owner: UInt64 = 0, modified: UInt64 = 1_000_000_000
    ) {
        add(name, type: "5", mode: mode, owner: owner, modified: modified)
    }

    public mutating func file(_ name: String, _ text: String = "", mode: UInt32 = 0o644) {
        add(name, data: Array(text.utf8), mode: mode)
    }

    public mutating func symbolicLink(_ name: String, to target: String) {
        add(name, type: "2", mode: 0o777, link: target)
    }

    public mutating func hardLink(_ name: String, to target: String) { add(name, type: "1", link: target) }

    /// An extended header (pax) for the next entry, or for all that follow.
    public mutating func extended(_ records: [(key: String, value: [UInt8])], global: Bool = false) {
        add("PaxHeaders/x", type: global ? "g" : "x", data: records.flatMap { Self.record($0.key, $0.value) })
    }

    public mutating func extended(_ key: String, _ value: String) { extended([(key, Array(value.utf8))]) }

    /// GNU's long name (`L`) or long link (`K`) for the next entry.
    public mutating func long(_ type: Character, _ name: String) {
        add("././@LongLink", type: type, data: Array(name.utf8) + [0], format: .gnu)
    }

    /// The archive with its end: two blocks of zeros.
    public func ended() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// `LENGTH KEY=VALUE\n`, where the length counts itself.
    public static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [10]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }

    private mutating func pad() {
        bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
}

extension [UInt8] {
    /// Overwrites the bytes at an offset.
    public mutating func put(_ value: [UInt8], at offset: Int) {
        replaceSubrange(offset..<(offset + value.count), with: value)
    }

    /// Computes the checksum of a header anew.
    public mutating func seal() {
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        let sum = self[0..<512].reduce(0) { $0 + UInt64($1) }
        put(octal(sum, digits: 6) + [0, 0x20], at: 148)
    }
}

/// A number as tar writes it, cut off on the left when it doesn't fit.
public func octal(_ number: UInt64, digits: Int) -> [UInt8] {
    let text = Array(String(number, radix: 8).utf8)
    return [UInt8](repeating: 0x30, count: max(0, digits - text.count)) + text.suffix(digits)
}
