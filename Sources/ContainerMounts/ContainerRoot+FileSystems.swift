import FieldErrors
import SystemCalls

extension ContainerRoot {
    mutating func mountFileSystem(
        _ mount: PlannedMount, type: String, source: String
    ) throws(FieldError) {
        var covered: UInt32?
        let target = try fileSystemTarget(mount, type: type, covered: &covered)
        let tree: OwnedDescriptor
        do throws(FieldError) {
            tree = try fileSystem(mount, type: type, source: source, covered: covered)
        } catch {
            guard let substitute = try substitute(for: type, mount, error) else { throw error }
            tree = substitute
        }
        try labelRoot(of: tree.rawValue, mount, type: type)
        if mount.options.copiesUp { try copyUp(from: target.rawValue, to: tree.rawValue, mount) }
        try finish(tree.rawValue, mount)
        try place(tree.rawValue, at: target, mount)
        if isReadOnlyLate(mount) { makeReadOnlyLater(tree, mount) }
    }

    /// Where a file system goes: a directory, made when missing. Kernel interfaces go onto real directories alone: a link in
    /// the image could show a fake one to everybody who trusts them.
    ///
    /// - Parameter covered: the permissions of a directory that was there before.
    private func fileSystemTarget(
        _ mount: PlannedMount, type: String, covered: inout UInt32?
    ) throws(FieldError) -> OwnedDescriptor {
        let field = "\(mount.field).destination"
        if type == "proc" || type == "sysfs" {
            do throws(SystemCallError) {
                return try paths.openWithoutLinks(mount.destination, flags: .directory)
            } catch {
                switch error.errno {
                case .noSuchFile: break
                case .notDirectory, .tooManySymbolicLinks:
                    throw FieldError(
                        field, "\(mount.path) in the root is no directory; \(type) is mounted on nothing else")
                default: throw FieldError(field, mount.path, cause: error)
                }
            }
        }
        let target = try asking(field, mount.path) { () throws(SystemCallError) in
            var isNew = false
            let target = try paths.openOrMake(
                mount.path, .directory, followLinks: mount.options.followsDestination, isNew: &isNew)
            if type == "tmpfs", !isNew { covered = try MountedFile.of(target.rawValue).permissions }
            return target
        }
        if type != "proc" || mount.destination != "/proc" {
            try refuseKernelTarget(mount, target.rawValue, tree: target.rawValue)
        }
        return target
    }

    /// Makes the file system, mounted nowhere yet.
    private func fileSystem(
        _ mount: PlannedMount, type: String, source: String, covered: UInt32?
    ) throws(FieldError) -> OwnedDescriptor {
        let context = try asking("\(mount.field).type", "no file system \"\(printable(type))\" here") {
            () throws(SystemCallError) in try Mounts.openContext(type: type)
        }
        do throws(SystemCallError) {
            try configure(context.rawValue, mount, type: type, source: source, covered: covered)
            var attributes = mount.options.own.set
            if isReadOnlyLate(mount) { attributes.remove(.readOnly) }
            if plan.workload == .wasm { attributes.formUnion([.noDevices, .noSetUserID]) }
            return try Mounts.create(context.rawValue, attributes: attributes)
        } catch {
            let complaint = Mounts.complaint(of: context.rawValue)
            // Such as: Unknown parameter 'context'.
            let named = complaint?.split { !$0.isLetter }.contains("context") ?? false
            if plan.label != nil, named || error.subject?.hasPrefix("context=") == true {
                throw Self.unlabelled(error)
            }
            throw FieldError(
                mount.field, "\(type) on \(mount.path)" + (complaint.map { ": \($0)" } ?? ""), cause: error)
        }
    }

    private func labelRoot(of tree: Int32, _ mount: PlannedMount, type: String) throws(FieldError) {
        guard let label = plan.label, MountLabel(type: type) == .attribute else { return }
        try asking("linux.mountLabel", "\(type) on \(mount.path)") { () throws(SystemCallError) in
            try MountLabel.set(label, root: tree)
        }
    }

    static func unlabelled(_ error: SystemCallError) -> FieldError {
        FieldError("linux.mountLabel", "no security module here takes it", cause: error)
    }

    private func configure(
        _ context: Int32, _ mount: PlannedMount, type: String, source: String, covered: UInt32?
    ) throws(SystemCallError) {
        try Mounts.configure(context, "source", source)
        for flag in mount.options.superblock { try Mounts.configure(context, flag) }
        if !Self.virtualTypes.contains(type), mount.options.own.set.contains(.readOnly) {
            try Mounts.configure(context, "ro")
        }
        // A new tmpfs looks like the directory that it covers.
        if let covered, !mount.options.parameters.contains(where: { $0.key == "mode" }) {
            try Mounts.configure(context, "mode", String(covered, radix: 8))
        }
        if let label = plan.label, MountLabel(type: type) == .parameter {
            try Mounts.configure(context, "context", label)
        }
        for parameter in mount.options.parameters { try configure(context, parameter, type: type) }
    }

    private func configure(
        _ context: Int32, _ parameter: MountOptions.Parameter, type: String
    ) throws(SystemCallError) {
        guard let value = parameter.value else { return try Mounts.configure(context, parameter.key) }
        do throws(SystemCallError) {
            try Mounts.configure(context, parameter.key, value)
        } catch {
            // The group of terminals often isn't mapped in a user namespace; without it they have the user's own.
            guard type == "devpts", parameter.key == "gid", UInt32(value) != nil, error.errno == .invalid else {
                throw error
            }
        }
    }

    /// Their read-only flag belongs to the mount alone: the file system itself is shared, or has no other state.
    private static let virtualTypes: Set<String> = [
        "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "ramfs", "devtmpfs", "securityfs", "bpf",
        "debugfs",
        "tracefs",
    ]

    /// What a user namespace may not mount, but may see of the host's.
    private func substitute(
        for type: String, _ mount: PlannedMount, _ error: FieldError
    ) throws(FieldError) -> OwnedDescriptor? {
        guard let errno = error.cause?.errno, errno == .notPermitted || errno == .busy else { return nil }
        switch type {
        case "sysfs":
            return try hostTree("/sys", mount, set: [.readOnly, .noSetUserID, .noDevices, .noExecution])
        case "cgroup2":
            return try hostTree("/sys/fs/cgroup", mount, set: mount.options.own.set)
        default: return nil
        }
    }

    private func hostTree(
        _ path: String, _ mount: PlannedMount, set: Mounts.Attributes
    ) throws(FieldError) -> OwnedDescriptor {
        try asking(mount.field) { () throws(SystemCallError) in
            let tree = try Mounts.copyTree(path, recursive: true)
            try Mounts.change(tree.rawValue, set: set, recursive: true)
            return tree
        }
    }
}
