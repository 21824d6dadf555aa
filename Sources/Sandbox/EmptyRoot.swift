import SystemCalls

/// A root directory in which there is nothing.
///
/// Landlock has no say in stat(2), readlink(2) and utimensat(2): with the host's root, code that left the wasm sandbox could
/// look at every path and set the times of its user's files.
enum EmptyRoot {
    /// Makes it this process's root and working directory. Without the privileges to, everything stays as it is.
    ///
    /// Without a directory that is kept for it, it is one that is mounted nowhere, read-only, and lasts as long as it is
    /// somebody's root.
    ///
    /// - Parameter kept: a directory of our own that is always empty, made when it is missing: entering it costs three system
    ///   calls, while a mount has to be made and taken apart again at the end of the process.
    static func enter(_ kept: SandboxPolicy.EmptyDirectory) throws(SystemCallError) {
        do throws(SystemCallError) {
            switch kept {
            case .path(let path):
                if let directory = ownDirectory(path) { return try enter(directory.rawValue) }
            case .opened(let descriptor): return try enter(descriptor)
            case .none: break
            }
            let context = try Mounts.openContext(type: "tmpfs")
            try Mounts.configure(context.rawValue, "mode", "0555")
            try Mounts.configure(context.rawValue, "nr_inodes", "1")
            let directory = try Mounts.create(
                context.rawValue, attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution])
            try enter(directory.rawValue)
        } catch {
            // A kernel before 5.2 has no such mounts.
            guard [.notPermitted, .accessDenied, .notImplemented].contains(error.errno) else { throw error }
            try Confinement.changeDirectory(to: "/")
        }
    }

    private static func enter(_ directory: Int32) throws(SystemCallError) {
        try Confinement.changeDirectory(to: directory)
        try Confinement.makeWorkingDirectoryTheRoot()
    }

    /// Opens the directory if it is ours and nobody else can put anything there.
    static func ownDirectory(_ path: String) -> OwnedDescriptor? {
        func open() throws(SystemCallError) -> OwnedDescriptor {
            try Files.open(path, flags: [.path, .directory, .noFollow])
        }
        if let directory = try? open() { return trusted(directory) }
        try? Files.makeDirectory(path, mode: 0o555)
        if let directory = try? open() { return trusted(directory) }
        return nil
    }

    private static func trusted(_ directory: consuming OwnedDescriptor) -> OwnedDescriptor? {
        guard let status = try? FileStatus.of(directory.rawValue), status.owner == Processes.effectiveUser,
            status.permissions & 0o222 == 0
        else { return nil }
        return directory
    }
}
