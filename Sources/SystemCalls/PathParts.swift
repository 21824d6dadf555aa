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

    /// Without slashes at the end; of the root's, one is left.
    public var withoutEndingSlashes: String {
        var bytes = Array(utf8)
        while bytes.count > 1, bytes.last == Self.slash { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether it can name an entry of a directory, and nothing else.
    public var isPathPart: Bool {
        !isEmpty && self != "." && self != ".." && !utf8.contains { $0 == Self.slash || $0 == 0 }
    }
}

extension Files {
    /// A path as it is from the working directory, which is found out if that is needed.
    public static func absolutePath(_ path: String) throws(SystemCallError) -> String {
        let end = path.withoutEndingSlashes
        if end.isAbsolutePath { return end }
        let folder = try target(ofLink: "/proc/self/cwd")
        if end.isEmpty || end == "." { return folder }
        return folder == "/" ? "/\(end)" : "\(folder)/\(end)"
    }
}
