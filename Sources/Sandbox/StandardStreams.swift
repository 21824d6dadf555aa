import SystemCalls

extension StandardStreams {
    /// A directory on standard input, output or error would be a way to the host's files.
    static func refuseDirectories() throws(SystemCallError) {
        for stream in Int32(0)...2 where Descriptors.isOpen(stream) {
            if try FileStatus.of(stream).kind == .directory {
                throw SystemCallError("fstat", "standard stream \(stream)", .isDirectory)
            }
        }
    }
}
