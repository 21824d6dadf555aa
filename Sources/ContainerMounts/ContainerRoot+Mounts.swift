import FieldErrors
import SystemCalls

extension ContainerRoot {
    /// Makes all mounts of the configuration in their order.
    ///
    /// - Parameter sources: the same as at `init`.
    public mutating func mountAll(sources: borrowing MountSources) throws(FieldError) {
        for mount in plan.mounts { try make(mount, sources) }
    }

    private mutating func make(_ mount: PlannedMount, _ sources: borrowing MountSources) throws(FieldError) {
        switch mount.action {
        case .bind(let source, let recursive):
            try bind(
                mount, source: source, recursive: recursive, inherited: sources.binds[mount.index],
                mapping: sources.mappings[mount.index])
        case .cgroup: try mountCgroups(mount)
        case .fileSystem(let type, let source): try mountFileSystem(mount, type: type, source: source)
        }
    }

    /// Moves a finished mount onto its place, and makes sure that it is there that it is seen now.
    func place(_ tree: Int32, at target: consuming OwnedDescriptor, _ mount: PlannedMount) throws(FieldError) {
        try asking("\(mount.field).destination", mount.path) { () throws(SystemCallError) in
            try Mounts.move(tree, onto: target.rawValue)
        }
        try verify(tree, mount)
    }

    /// Where the path leads now has to be the mount: a target that was exchanged meanwhile is an error, since the container
    /// would take what another put there for what the configuration asked for.
    private func verify(_ tree: Int32, _ mount: PlannedMount) throws(FieldError) {
        try asking("\(mount.field).destination", "\(mount.path) was exchanged while it was mounted") {
            () throws(SystemCallError) in
            try paths.expect(tree, at: mount.path, followLinks: mount.options.followsDestination)
        }
    }

    /// Attributes and propagation, before anybody can see the mount.
    func finish(_ tree: Int32, _ mount: PlannedMount) throws(FieldError) {
        let options = mount.options
        try asking("\(mount.field).options") { () throws(SystemCallError) in
            if !options.recursive.isEmpty {
                try Mounts.change(
                    tree, set: options.recursive.set, clear: options.recursive.clear, recursive: true)
            }
            for change in options.propagation {
                try Mounts.change(tree, propagation: change.kind, recursive: change.isRecursive)
            }
        }
    }

    /// In a tree that is mounted nowhere the kernel changes no mount any more once it has its place.
    func isReadOnlyLate(_ mount: PlannedMount) -> Bool { plan.hasOwnMountNamespace && mount.isReadOnlyLate }

    /// Remembers to make the mount read-only when everything in it is made.
    mutating func makeReadOnlyLater(_ tree: consuming OwnedDescriptor, _ mount: PlannedMount) {
        late.append(LateChange(mount: tree.release(), field: "\(mount.field).options"))
    }
}
