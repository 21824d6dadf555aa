import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Makes the container's root a mount of its own, so that it can become this process's root.
    ///
    /// Needs CAP_SYS_ADMIN in the mount namespace. In one that others use too, nothing of theirs is changed: the tree is mounted
    /// nowhere and ends with the container, which takes Linux 6.15.
    ///
    /// - Parameter sources: what the process outside of the user namespace opened before the fork.
    public init(_ plan: MountPlan, sources: borrowing MountSources) throws(FieldError) {
        Confinement.setFileModeMask(0)
        if plan.hasOwnMountNamespace { try Self.setPropagation(plan) }
        let inherited = sources.root
        let tree = try asking("root.path") { () throws(SystemCallError) -> OwnedDescriptor in
            // A copy that was made outside comes without the locks of a copy made here: preferred.
            inherited >= 0
                ? try Descriptors.duplicate(inherited) : try Mounts.copyTree(plan.root, recursive: true)
        }
        try asking("root.path") { () throws(SystemCallError) in
            // Device nodes and set-id programs of the image are dead for a guest and for what escapes from it.
            try Mounts.change(
                tree.rawValue, set: plan.workload == .wasm ? [.noDevices, .noSetUserID] : [],
                propagation: plan.rootPropagation?.kind == .slave ? .slave : .private,
                recursive: plan.workload == .wasm)
            guard plan.hasOwnMountNamespace else { return }
            let place = try Self.place(plan, inherited: inherited >= 0)
            try Mounts.move(tree.rawValue, onto: place.rawValue)
        }
        self.plan = plan
        root = tree
    }

    /// Where the root is mounted: onto itself, where hooks look for it. Where the user namespace's root may not even look, on
    /// top of everything.
    private static func place(
        _ plan: MountPlan, inherited: Bool
    ) throws(SystemCallError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try Files.open(plan.root, flags: [.path, .directory])
        } catch {
            guard inherited, error.errno == .accessDenied else { throw error }
            return try Files.open("/", flags: [.path, .directory])
        }
    }

    /// Cuts the namespace off from the host's as far as the configuration says.
    ///
    /// What stays shared with the host (`shared`) must not be where the root is mounted: its mount would show on the host, and
    /// pivot_root(2) refuses it.
    private static func setPropagation(_ plan: MountPlan) throws(FieldError) {
        let field = "linux.rootfsPropagation"
        let kind = plan.rootPropagation?.kind ?? .slave
        try asking(field) { () throws(SystemCallError) in
            let top = try Files.open("/", flags: [.path, .directory])
            switch kind {
            case .slave: try Mounts.change(top.rawValue, propagation: .slave, recursive: true)
            // Unbindable would make the copies of what is mounted here impossible: it is set when all is done.
            case .private, .unbindable: try Mounts.change(top.rawValue, propagation: .private, recursive: true)
            case .shared: try makePrivate(mountOf: plan.root)
            }
        }
    }

    /// Makes the mount that a directory of the host lies on private.
    private static func makePrivate(mountOf path: String) throws(SystemCallError) {
        var directory = try Files.open(path, flags: [.path, .directory])
        var steps = 0
        while !(try MountedFile.of(directory.rawValue).isMountRoot), steps < ContainerPaths.partLimit {
            directory = try Files.open("..", in: directory.rawValue, flags: [.path, .directory])
            steps += 1
        }
        try Mounts.change(directory.rawValue, propagation: .private)
    }
}
