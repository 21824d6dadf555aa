/// The mounts that a process sees, as /proc/self/mountinfo tells.
public struct MountTable: Sendable {
    /// A mount.
    public struct Line: Equatable, Sendable {
        /// As statx(2) tells it: `MountedFile.mount`.
        public var number: UInt64
        /// Where it is mounted.
        public var point: String
        /// The file system's.
        public var type: String
        /// What was mounted: a device's path, or any word.
        public var source: String
        /// The file system's own options, each as the kernel wrote it: `unescaped` reads them.
        public var options: [Substring]
    }

    public let lines: [Line]

    /// The most bytes that are read.
    private static let sizeLimit = 4 << 20

    /// From the table of this process.
    public init() throws(SystemCallError) {
        self.init(
            text: String(decoding: try Files.contents(of: "/proc/self/mountinfo", limit: Self.sizeLimit), as: UTF8.self)
        )
    }

    /// Pure: from the text of the table. Lines in no known form are left out.
    public init(text: String) {
        lines = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3,
                let number = UInt64(fields[0])
            else { return nil }
            return Line(
                number: number, point: Self.unescaped(fields[4]), type: Self.unescaped(fields[dash + 1]),
                source: Self.unescaped(fields[dash + 2]), options: fields[dash + 3].split(separator: ","))
        }
    }

    /// Blanks and backslashes are written as three octal digits.
    public static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                let value = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
                bytes.append(UInt8(truncatingIfNeeded: value))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
