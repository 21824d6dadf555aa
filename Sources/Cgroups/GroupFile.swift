import SystemCalls

/// Reading and writing the files of one group. Each call opens, moves bytes once, and closes.
enum GroupFile {
    /// Larger answers than this aren't read: `cgroup.procs` of a group with 100,000 processes has 800 KB.
    static let sizeLimit = 8 << 20

    static func write(_ value: String, to name: String, of directory: String) throws(SystemCallError) {
        let path = "\(directory)/\(name)"
        let file = try Files.open(path, flags: .writeOnly)
        do throws(SystemCallError) {
            try Files.writeAll(file.rawValue, Array(value.utf8))
        } catch { throw SystemCallError("write", "\(path)\" of \"\(value)", error.errno) }
    }

    static func text(_ name: String, of directory: String) throws(SystemCallError) -> String {
        String(decoding: try Files.contents(of: "\(directory)/\(name)", limit: sizeLimit), as: UTF8.self)
    }

    /// The words of a file of one line.
    static func words(_ name: String, of directory: String) throws(SystemCallError) -> [Substring] {
        try text(name, of: directory).split(whereSeparator: \.isWhitespace)
    }
}
