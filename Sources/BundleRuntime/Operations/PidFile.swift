import SystemCalls

/// The file in which a container manager reads a process's number.
enum PidFile {
    /// Appears with the whole number in it, never with a part.
    static func write(_ process: Int32, to path: String) throws(RuntimeFailure) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { path[...$0] } ?? ""
        let name = slash.map { path[path.utf8.index(after: $0)...] } ?? path[...]
        let temporary = "\(folder).\(name).\(Processes.current)"
        do throws(SystemCallError) {
            try Files.replace(path, by: Array("\(process)".utf8), mode: 0o644, temporary: temporary)
        } catch { throw RuntimeFailure(.system, "--pid-file: \(error)") }
    }
}
