extension Files {
    /// Writes a file beside its place and moves it there: nobody meets a part of it, and what was there stays until then.
    ///
    /// - Parameters:
    ///   - temporary: the name until then, of the writer alone; what a crash left of it is removed.
    ///   - isDurable: the file appears only when its bytes are on the disk.
    public static func replace(
        _ path: String, in directory: Int32 = currentDirectory, by bytes: [UInt8], mode: UInt32, temporary: String,
        isDurable: Bool = false
    ) throws(SystemCallError) {
        let file = try create(temporary, in: directory, mode: mode)
        do throws(SystemCallError) {
            try writeAll(file.rawValue, bytes)
            if isDurable {
                do throws(Errno) { try TransferCalls.synchronize(file.rawValue, dataOnly: true) } catch {
                    throw SystemCallError("fdatasync", temporary, error)
                }
            }
            try file.close()
            try rename(temporary, in: directory, to: path, in: directory)
        } catch {
            try? unlink(temporary, in: directory)
            throw error
        }
    }

    private static func create(
        _ path: String, in directory: Int32, mode: UInt32
    ) throws(SystemCallError) -> OwnedDescriptor {
        let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
        do throws(SystemCallError) { return try open(path, in: directory, flags: flags, mode: mode) } catch {
            guard error.errno == .exists else { throw error }
            try unlink(path, in: directory)
            return try open(path, in: directory, flags: flags, mode: mode)
        }
    }
}
