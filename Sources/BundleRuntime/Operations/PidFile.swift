import SystemCalls

/// The file in which a container manager reads a process's number.
enum PidFile {
    /// Appears with the whole number in it, never with a part.
    static func write(_ process: Int32, to path: String) throws(RuntimeFailure) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { path[...$0] } ?? ""
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        let temporary = "\(folder).\(name).\(Processes.current)"
        do throws(SystemCallError) {
            let file = try Files.open(
                temporary, flags: [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644)
            do throws(SystemCallError) {
                try Files.writeAll(file.rawValue, Array("\(process)".utf8))
                try file.close()
                try Files.rename(temporary, to: path)
            } catch {
                try? Files.unlink(temporary)
                throw error
            }
        } catch { throw RuntimeFailure(.system, "--pid-file: \(error)") }
    }
}
