import FieldErrors
import OCISpec
import SystemCalls

/// Mounts that only the process outside of the container's user namespace can make: its root, the sources of its binds,
/// idmapped ones, and devices. They are mounted nowhere yet; the container's process inherits the descriptors by the fork.
public struct MountSources: ~Copyable {
    /// Of the root, when there is one.
    var root: Int32 = -1
    /// By the place in `mounts`; -1 where the container's process does it itself.
    var binds: [Int: Int32] = [:]
    /// By the place in `mounts`: user namespaces of idmapped binds whose source an earlier mount makes. The container's process
    /// maps those itself, which takes the machine's user namespace.
    var mappings: [Int: Int32] = [:]
    /// By the place in `devices`; missing where there is none.
    var devices: [Int: Int32] = [:]

    /// All of them, for a child that closes what it doesn't need.
    public var descriptors: [Int32] { (root >= 0 ? [root] : []) + binds.values + mappings.values + devices.values }

    /// Nothing: everything is done by the container's process.
    public init() {}

    deinit {
        if root >= 0 { _ = OwnedDescriptor(adopting: root) }
        for descriptor in binds.values { _ = OwnedDescriptor(adopting: descriptor) }
        for descriptor in mappings.values { _ = OwnedDescriptor(adopting: descriptor) }
        for descriptor in devices.values { _ = OwnedDescriptor(adopting: descriptor) }
    }

    /// Opens what the container's process may not; with no user namespace that is nothing but idmapped mounts.
    ///
    /// Must be called in the mount namespace that the container's is made from, before the fork. A process without privileges
    /// opens nothing, and the container's process does with what its user namespace allows.
    ///
    /// - Parameter all: the sources of all binds, for a process that is going to be where the host's paths aren't.
    public init(for plan: borrowing MountPlan, all: Bool = false) throws(FieldError) {
        var locks: LockedFlags?
        for mount in plan.mounts {
            guard case .bind(let source, let recursive) = mount.action else { continue }
            let mapping = try plan.identityMapping(of: mount)
            guard all || plan.hasUserNamespace || mapping != nil else { continue }
            // It isn't there before the mounts in front of it are.
            if plan.placeInTree(ofSource: mount) != nil, mapping == nil || !plan.hasUserNamespace {
                mappings[mount.index] = try mapping?.namespace(field: mount.field).release()
                continue
            }
            let opened = try asking("\(mount.field).source") { () throws(SystemCallError) in
                try Files.open(source, flags: mount.options.followsSource ? .path : [.path, .noFollow])
            }
            guard let tree = try Self.copy(opened.rawValue, recursive: recursive, mount) else { continue }
            if plan.hasUserNamespace, LockedFlags.couldRefuse(mount.options) {
                if locks == nil { locks = try LockedFlags(field: "\(mount.field).options") }
                try locks?.check(mount, source: opened.rawValue, path: source)
            }
            try asking("\(mount.field).source") { () throws(SystemCallError) in try Self.cutOff(tree.rawValue, plan) }
            if let mapping {
                let namespace = try mapping.namespace(field: mount.field)
                try Self.map(tree.rawValue, namespace.rawValue, mount)
            }
            binds[mount.index] = tree.release()
        }
        devices = try OutsideDevices.trees(for: plan)
        if plan.hasUserNamespace, let tree = try? Mounts.copyTree(plan.root, recursive: true) {
            try asking("root.path") { () throws(SystemCallError) in try Self.cutOff(tree.rawValue, plan) }
            root = tree.release()
        }
    }

    /// What the container mounts in a copy made here would appear on the host, whose mounts are shared as a rule; so would the
    /// mounts of a user namespace's root. The kernel cuts a user namespace's own copies off in the same way.
    private static func cutOff(_ tree: Int32, _ plan: borrowing MountPlan) throws(SystemCallError) {
        switch plan.rootPropagation?.kind {
        case .shared where !plan.hasUserNamespace: return
        case .private, .unbindable: try Mounts.change(tree, propagation: .private, recursive: true)
        default: try Mounts.change(tree, propagation: .slave, recursive: true)
        }
    }

    private static func copy(
        _ source: Int32, recursive: Bool, _ mount: PlannedMount
    ) throws(FieldError) -> OwnedDescriptor? {
        do throws(SystemCallError) {
            return try Mounts.copyTree(in: source, recursive: recursive)
        } catch {
            // Without privileges: the container's process tries in its own namespaces. An idmapped mount it can't make.
            if error.errno == .notPermitted, mount.options.mapping == nil, mount.uidMappings.isEmpty { return nil }
            throw FieldError("\(mount.field).source", "", cause: error)
        }
    }

    /// - Parameter namespace: whose mappings the files' ids go through.
    static func map(_ tree: Int32, _ namespace: Int32, _ mount: PlannedMount) throws(FieldError) {
        try asking(mount.field, "the ids of files can't be mapped here") { () throws(SystemCallError) in
            try Mounts.change(
                tree, set: .idMapped, recursive: mount.options.mapping?.isRecursive == true, userNamespace: namespace)
        }
    }
}
