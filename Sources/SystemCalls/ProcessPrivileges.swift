extension Processes {
    /// The first user namespace has a fixed number.
    private static let firstUserNamespace: UInt64 = 0xEFFF_FFFD

    /// Root outside of every user namespace.
    public static var isMachinesRoot: Bool {
        guard effectiveUser == 0 else { return false }
        return (try? FileStatus.of("/proc/self/ns/user", followLinks: true))?.inode == firstUserNamespace
    }

    /// Whether the machine's directories (`/run`, `/var/lib`) are ours to use rather than a user's.
    ///
    /// Root has them, and root of a container. Not a user who has become root in a namespace of his own and kept his
    /// runtime directory: podman without privileges, `unshare --map-root-user`.
    public static var usesMachinesDirectories: Bool {
        guard effectiveUser == 0 else { return false }
        return Environment.value("XDG_RUNTIME_DIR") == nil || isMachinesRoot
    }
}
