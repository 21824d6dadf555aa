import SystemCalls

/// An overlay file system that is mounted nowhere.
enum OverlayMount {
    /// Files, directories and links that a layer in memory holds: each costs the kernel about 1 KiB that no size limits.
    static let memoryEntries = 65_536

    /// Mounts `upper` of the container's directory over an open directory and opens the result.
    ///
    /// Needs CAP_SYS_ADMIN, /proc and Linux 5.10. `volatile` because a container's layer needn't survive the host: without
    /// it the end of a container writes the whole host file system to its disk.
    static func create(over lower: Int32, in container: Int32) throws(SystemCallError) -> OwnedDescriptor {
        let mount = try mount(over: lower, in: container)
        return try reopened(mount.rawValue)
    }

    /// The same mount itself, O_PATH: the root of a tree in which more can be mounted.
    ///
    /// - Parameter inUserNamespace: the kernel's marks are in extended attributes that a user may set (Linux 5.11).
    static func mount(
        over lower: Int32, in container: Int32, inUserNamespace: Bool = false
    ) throws(SystemCallError) -> OwnedDescriptor {
        let context = try Mounts.openContext(type: "overlay")
        let root = try FileStatus.of(lower)
        // The root of the overlay has the mode of `upper`; 0700 for `work` is what the kernel asks for.
        try Files.makeDirectory("upper", in: container, mode: root.permissions)
        try Files.makeDirectory("work", in: container, mode: 0o700)
        do throws(SystemCallError) {
            try alignRoot("upper", in: container, with: root)
            // By descriptor: a path would be split at colons and could be exchanged.
            try Mounts.configure(context.rawValue, "lowerdir", "/proc/self/fd/\(lower)")
            try Mounts.configure(context.rawValue, "upperdir", "/proc/self/fd/\(container)/upper")
            try Mounts.configure(context.rawValue, "workdir", "/proc/self/fd/\(container)/work")
            try Mounts.configure(context.rawValue, "volatile")
            if inUserNamespace { try Mounts.configure(context.rawValue, "userxattr") }
            return try Mounts.create(context.rawValue, attributes: [.noSetUserID, .noDevices])
        } catch {
            // What follows is a copy in their place; both are empty but for the kernel's own marks.
            try? TreeRemoval.remove("upper", in: container)
            try? TreeRemoval.remove("work", in: container)
            throw error
        }
    }

    /// The same with both directories in a memory file system that is mounted nowhere either.
    static func inMemory(over lower: Int32, limit: UInt64) throws(SystemCallError) -> OwnedDescriptor {
        let memory = try memory(mode: "0700", limit: limit)
        return try create(over: lower, in: memory.rawValue)
    }

    /// A memory file system that is mounted nowhere, O_PATH.
    static func memory(mode: String, limit: UInt64) throws(SystemCallError) -> OwnedDescriptor {
        let context = try Mounts.openContext(type: "tmpfs")
        try Mounts.configure(context.rawValue, "mode", mode)
        try Mounts.configure(context.rawValue, "size", "\(limit)")
        try Mounts.configure(context.rawValue, "nr_inodes", "\(memoryEntries)")
        return try Mounts.create(context.rawValue, attributes: [.noSetUserID, .noDevices])
    }

    /// The creation mask and the user of this process left the directory's mode and owner to chance.
    private static func alignRoot(_ name: String, in container: Int32, with root: FileStatus) throws(SystemCallError) {
        let upper = try Files.open(name, in: container, flags: [.readOnly, .directory, .noFollow])
        do throws(Errno) {
            try OwnershipCalls.setOwner(of: upper.rawValue, user: root.owner, group: root.group)
            try OwnershipCalls.setPermissions(of: upper.rawValue, root.permissions)
        } catch { throw SystemCallError("fchmod", name, error) }
    }

    /// fsmount(2) gives an O_PATH descriptor, which can't list the directory.
    private static func reopened(_ mount: Int32) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(".", in: mount, flags: [.readOnly, .directory])
    }
}
