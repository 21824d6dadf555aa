import SystemCalls

/// Namespaces in which this process, whoever its user is, may mount.
public enum OwnNamespaces {
    /// Puts this process, which must have one thread, into a user namespace and a mount namespace of its own. Its user and
    /// group stay, and files look as before to it; no other user exists there, and nothing of what it mounts shows elsewhere.
    ///
    /// - Returns: false where the machine doesn't allow it; then nothing has changed.
    public static func enter() throws(SystemCallError) -> Bool {
        guard try isAllowed() else { return false }
        try become()
        return true
    }

    /// Whether a child can do it and mount something then: a kernel may give out namespaces in which nothing is allowed.
    private static func isAllowed() throws(SystemCallError) -> Bool {
        switch try Processes.fork() {
        case .child:
            do throws(SystemCallError) {
                try become()
                let context = try Mounts.openContext(type: "tmpfs")
                try Mounts.create(context.rawValue, attributes: []).close()
            } catch { Processes.exit(1) }
            Processes.exit(0)
        case .parent(let child):
            return try Processes.wait(for: child) == .code(0)
        }
    }

    private static func become() throws(SystemCallError) {
        let user = Processes.effectiveUser
        let group = Processes.effectiveGroup
        try Namespaces.unshare([.user, .mount])
        // Who can't drop groups may name one of its own as its group.
        try write("setgroups", "deny")
        try write("uid_map", "\(user) \(user) 1")
        try write("gid_map", "\(group) \(group) 1")
    }

    private static func write(_ name: String, _ text: String) throws(SystemCallError) {
        let file = try Files.open("/proc/self/\(name)", flags: .writeOnly)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }
}
