import SystemCalls

/// Root of a user namespace: who a container's process is while it is set up.
enum UserNamespaceRoot {
    /// Becomes user and group 0 of the namespace, as far as they are mapped, without other groups.
    static func become() throws(SystemCallError) {
        do throws(SystemCallError) {
            try Confinement.become(user: 0, group: 0, groups: [])
        } catch {
            // The groups may not be set where an unprivileged user mapped his own; ids that aren't mapped can't be had.
            guard error.errno == .notPermitted || error.errno == .invalid else { throw error }
            try? Confinement.become(user: 0, group: 0)
        }
    }
}
