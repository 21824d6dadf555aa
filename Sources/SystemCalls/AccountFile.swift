/// /etc/passwd and /etc/group of a root that somebody else made: read by a path that can't leave it, and not beyond a bound
/// (CVE-2024-40635).
public enum AccountFile {
    /// The largest file that is read.
    public static let limit = 1 << 20

    /// The lines of a file.
    ///
    /// Errors: `ENOENT` for an absent one, `EFBIG` for one beyond the bound, `EINVAL` for what isn't a regular file.
    /// - Parameter root: the root's directory; nil is the root of this process.
    public static func lines(_ path: String, inRoot root: Int32?) throws(SystemCallError) -> [Substring] {
        let flags: OpenFlags = [.readOnly, .nonBlocking, .noControllingTerminal]
        let file: OwnedDescriptor
        if let root {
            file = try Files.open(path, in: root, flags: flags, resolve: [.inRoot, .noMagicLinks])
        } else {
            file = try Files.open("/\(path)", flags: flags, resolve: .noMagicLinks)
        }
        guard try FileStatus.of(file.rawValue).kind == .regular else { throw SystemCallError("open", path, .invalid) }
        let bytes = try Files.readAll(file.rawValue, limit: limit)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// The home directory of a user id in /etc/passwd; nil when it has no entry, or none that is absolute.
    public static func home(ofUser user: UInt32, inRoot root: Int32?) throws(SystemCallError) -> String? {
        for line in try lines("etc/passwd", inRoot: root) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 6, UInt32(fields[2]) == user else { continue }
            return fields[5].hasPrefix("/") ? String(fields[5]) : nil
        }
        return nil
    }
}
