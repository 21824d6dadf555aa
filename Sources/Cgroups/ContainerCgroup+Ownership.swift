import SystemCalls

extension ContainerCgroup {
    /// Gives the group of version 2 to the user that the container's process runs as, so that it may make groups of its
    /// own below (config-linux.md, "Cgroup ownership"). For a container with a cgroup namespace of its own that sees
    /// the group writable.
    ///
    /// Only the directory and what the kernel lists as safe to hand over: the limits stay ours. Version 1 isn't safe to
    /// hand over at all, and is left alone.
    ///
    /// - Parameter user: a user of the host.
    public func give(to user: UInt32) throws(CgroupError) {
        guard let directory = unifiedDirectory, isUnified else { return }
        do throws(Errno) {
            try Self.setOwner(directory, user)
            for name in Self.delegable {
                do throws(Errno) { try Self.setOwner("\(directory)/\(name)", user) } catch {
                    // Not every group has every file.
                    if error != .noSuchFile { throw error }
                }
            }
        } catch { throw CgroupError(SystemCallError("fchownat", directory, error)) }
    }

    private static func setOwner(_ path: String, _ user: UInt32) throws(Errno) {
        try OwnershipCalls.setOwner(path, in: Files.currentDirectory, user: user, group: .max)
    }

    /// The files that cgroups(7) hands over, by the running kernel's list.
    private static var delegable: [String] {
        let usual = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
        guard let bytes = try? Files.contents(of: "/sys/kernel/cgroup/delegate", limit: 1 << 16) else { return usual }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init).filter {
            !$0.contains("/")
        }
    }
}
