import SystemCalls

/// A root directory in which there is nothing.
///
/// Landlock has no say in stat(2), readlink(2) and utimensat(2): with the host's root, code that left the wasm sandbox could
/// look at every path and set the times of its user's files.
enum EmptyRoot {
    /// Makes it this process's root and working directory. Without the privileges to, everything stays as it is.
    ///
    /// The directory is mounted nowhere, read-only, and lasts as long as it is somebody's root.
    static func enter() throws(SystemCallError) {
        do throws(SystemCallError) {
            let context = try Mounts.openContext(type: "tmpfs")
            try Mounts.configure(context.rawValue, "mode", "0555")
            try Mounts.configure(context.rawValue, "nr_inodes", "1")
            let directory = try Mounts.create(
                context.rawValue, attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution])
            try Confinement.changeDirectory(to: directory.rawValue)
            try Confinement.makeWorkingDirectoryTheRoot()
        } catch {
            // A kernel before 5.2 has no such mounts.
            guard [.notPermitted, .accessDenied, .notImplemented].contains(error.errno) else { throw error }
            try Confinement.changeDirectory(to: "/")
        }
    }
}
