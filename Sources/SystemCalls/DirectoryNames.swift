import Glibc

extension Files {
    /// The names in a directory, without `.` and `..`, in no particular order.
    ///
    /// More than `limit` of them is `EFBIG`; a name that isn't UTF-8 is left out.
    public static func names(inDirectory path: String, limit: Int) throws(SystemCallError) -> [String] {
        guard let stream = opendir(path) else { throw SystemCallError("opendir", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemCallError("readdir", path) }
                return names
            }
            // SAFETY: d_name ends with a zero inside the entry, which stays valid until the next readdir.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name, name != ".", name != ".." else { continue }
            guard names.count < limit else { throw SystemCallError("readdir", path, .fileTooLarge) }
            names.append(name)
        }
    }
}
