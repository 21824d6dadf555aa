import SystemCalls

/// Paths as the guest sees them.
enum GuestPath {
    /// The same place without empty parts, `.` and `..`; `..` never leads above `/`. A relative path is refused.
    static func normalized(_ path: String, what: String) throws(PlanError) -> String {
        guard path.isAbsolutePath, !path.contains("\0") else {
            throw PlanError("\(what): \(path) is not an absolute path of the guest")
        }
        return joined("/", path)
    }

    /// `path` taken from `directory`, normalized.
    static func joined(_ directory: String, _ path: String) -> String {
        var parts: [String] = []
        for part in (path.isAbsolutePath ? path : "\(directory)/\(path)").pathParts where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
