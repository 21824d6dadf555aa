/// Paths as the kernel reads them: by bytes. In Swift's view a slash and the combining mark behind it are one character that is
/// no slash, so `split(separator: "/")` and `hasPrefix("/")` miss what the kernel then walks through; nothing but this may take
/// a path apart.
extension StringProtocol {
    private static var slash: UInt8 { UInt8(ascii: "/") }

    /// The names between the slashes; empty ones are left out. None of them holds a slash.
    public var pathParts: [String] {
        utf8.split(separator: Self.slash).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether it begins with a slash.
    public var isAbsolutePath: Bool { utf8.first == Self.slash }

    /// Whether it can name an entry of a directory, and nothing else.
    public var isPathPart: Bool {
        !isEmpty && self != "." && self != ".." && !utf8.contains { $0 == Self.slash || $0 == 0 }
    }
}
