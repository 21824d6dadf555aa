import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Shows the container its control groups: the unified tree where the host has only that; else a tmpfs with a directory for
    /// each hierarchy.
    mutating func mountCgroups(_ mount: PlannedMount) throws(FieldError) {
        let isUnified = try asking(mount.field, CgroupMounts.host) { () throws(SystemCallError) in
            try FilesystemType.of(CgroupMounts.host) == .unifiedGroups
        }
        if isUnified { return try mountFileSystem(mount, type: "cgroup2", source: "cgroup") }

        let target = try asking("\(mount.field).destination", mount.path) { () throws(SystemCallError) in
            try paths.openOrMake(mount.path, .directory, followLinks: mount.options.followsDestination)
        }
        try refuseKernelTarget(mount, target.rawValue, tree: target.rawValue)
        let hierarchies = try asking(mount.field) { () throws(SystemCallError) in try CgroupMounts.current() }
        let tree = try foldersOfHierarchies(mount)
        try finish(tree.rawValue, mount)
        try place(tree.rawValue, at: target, mount)
        for hierarchy in hierarchies {
            guard let name = hierarchy.mountedName() else { continue }
            try mountHierarchy(hierarchy, name, in: tree.rawValue, mount)
        }
        // The hierarchies are read-only in any case: without this the container could fill a directory of its own.
        if plan.hasOwnMountNamespace, mount.options.own.set.contains(.readOnly) { makeReadOnlyLater(tree, mount) }
    }

    private func foldersOfHierarchies(_ mount: PlannedMount) throws(FieldError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            let context = try Mounts.openContext(type: "tmpfs")
            try Mounts.configure(context.rawValue, "source", "cgroup")
            try Mounts.configure(context.rawValue, "mode", "0755")
            if let label = plan.label { try Mounts.configure(context.rawValue, "context", label) }
            return try Mounts.create(context.rawValue, attributes: [.noSetUserID, .noDevices, .noExecution])
        } catch {
            if error.subject?.hasPrefix("context=") == true { throw Self.unlabelled(error) }
            throw FieldError(mount.field, "", cause: error)
        }
    }

    private func mountHierarchy(
        _ hierarchy: CgroupMounts.Hierarchy, _ name: String, in directory: Int32, _ mount: PlannedMount
    ) throws(FieldError) {
        var attributes = mount.options.own.set
        attributes.formUnion([.noSetUserID, .noDevices, .noExecution])
        try asking(mount.field, "the hierarchy \(name)") { () throws(SystemCallError) in
            try Files.makeDirectory(name, in: directory, mode: 0o755)
            let target = try Files.open(name, in: directory, flags: [.path, .directory, .noFollow])
            let tree = try hierarchyTree(hierarchy, name, attributes)
            try Mounts.move(tree.rawValue, onto: target.rawValue)
            // `cpu,cpuacct` is there as `cpu` and as `cpuacct` too.
            let controllers = name.split(separator: ",").map(String.init)
            guard controllers.count > 1 else { return }
            for controller in controllers {
                try DeviceNodes.makeLink(to: name, at: controller, in: directory)
            }
        }
    }

    /// In a cgroup namespace the hierarchy begins at the container's own group; else that group is bound.
    private func hierarchyTree(
        _ hierarchy: CgroupMounts.Hierarchy, _ name: String, _ attributes: Mounts.Attributes
    ) throws(SystemCallError) -> OwnedDescriptor {
        if plan.hasCgroupNamespace {
            do throws(SystemCallError) {
                let context = try Mounts.openContext(type: hierarchy.isUnified ? "cgroup2" : "cgroup")
                try Mounts.configure(context.rawValue, "source", "cgroup")
                for option in hierarchy.options {
                    let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
                    if parts.count == 2 {
                        try Mounts.configure(context.rawValue, "none")
                        try Mounts.configure(context.rawValue, parts[0], parts[1])
                    } else {
                        try Mounts.configure(context.rawValue, option)
                    }
                }
                return try Mounts.create(context.rawValue, attributes: attributes)
            } catch {
                guard error.errno == .notPermitted || error.errno == .busy else { throw error }
            }
        }
        let tree = try ownGroup(hierarchy, name)
        try Mounts.change(tree.rawValue, set: attributes, recursive: true)
        return tree
    }

    private func ownGroup(
        _ hierarchy: CgroupMounts.Hierarchy, _ name: String
    ) throws(SystemCallError) -> OwnedDescriptor {
        let point = "\(CgroupMounts.host)/\(name)"
        do throws(SystemCallError) {
            return try Mounts.copyTree(point + hierarchy.group, recursive: true)
        } catch {
            // What is mounted here is a part of the hierarchy already, as inside of another container.
            guard error.errno == .noSuchFile else { throw error }
            return try Mounts.copyTree(point, recursive: true)
        }
    }
}
