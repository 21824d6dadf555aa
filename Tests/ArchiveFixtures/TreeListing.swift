import SystemCalls

/// A tree as text, one line for each name: everything that two unpacked images can differ in.
public enum TreeListing {
    public struct Detail: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let times = Detail(rawValue: 1)
        public static let content = Detail(rawValue: 2)
        public static let everything: Detail = [.times, .content]
    }

    /// Paths to what stands there.
    public static func of(_ root: String, _ detail: Detail = .everything) throws -> [String: String] {
        var lines: [String: String] = [:]
        var links: [UInt64: String] = [:]
        try walk(root, "", detail, &lines, &links)
        return lines
    }

    private static func walk(
        _ root: String, _ path: String, _ detail: Detail, _ lines: inout [String: String],
        _ links: inout [UInt64: String]
    ) throws {
        let status = try FileStatus.of(root + path)
        var line = "\(status.kind) \(String(status.permissions, radix: 8)) \(status.owner):\(status.group)"
        if detail.contains(.times) { line += " \(status.modified)" }
        switch status.kind {
        case .directory: break
        case .symbolicLink: line += " -> " + (try Files.target(ofLink: root + path))
        case .regular where detail.contains(.content): line += " \(status.size) \(try checksum(root + path))"
        case .characterDevice, .blockDevice: line += " \(OwnershipCalls.deviceNumbers(status))"
        default: line += " \(status.size)"
        }
        if status.kind == .regular, status.links > 1 {
            line += " same as \(links[status.inode, default: "first"])"
            if links[status.inode] == nil { links[status.inode] = path }
        }
        if status.kind == .regular || status.kind == .directory { line += try attributes(root + path) }
        lines[path] = line
        guard status.kind == .directory else { return }
        for name in try names(root + path) {
            try walk(root, path + "/" + name, detail, &lines, &links)
        }
    }

    /// The names in a directory, in order.
    public static func names(_ path: String) throws -> [String] {
        let directory = try Files.open(path, flags: [.readOnly, .directory])
        return try TreeCalls.names(in: directory.rawValue).map(text).sorted()
    }

    /// A C string without its zero.
    public static func text(_ name: [CChar]) -> String {
        String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func attributes(_ path: String) throws -> String {
        let file = try Files.open(path, flags: [.readOnly, .nonBlocking])
        return try OwnershipCalls.attributes(of: file.rawValue).map { name in
            let value = try OwnershipCalls.attribute(of: file.rawValue, name.map { CChar(bitPattern: $0) } + [0])
            return " \(String(decoding: name, as: UTF8.self))=\(value)"
        }.sorted().joined()
    }

    /// FNV-1a: differing files are what it must tell apart, not forged ones.
    private static func checksum(_ path: String) throws -> UInt64 {
        try Files.contents(of: path, limit: 1 << 30).reduce(0xcbf2_9ce4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
    }
}
