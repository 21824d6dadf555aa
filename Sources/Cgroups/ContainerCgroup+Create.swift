import OCISpec
import SystemCalls

extension ContainerCgroup {
    /// Makes the groups of a container and sets their limits; what was made is removed again when something fails.
    ///
    /// - Parameters:
    ///   - path: `linux.cgroupsPath`: absolute, or relative to our own group; nil for `/martlet/ID`. With systemd
    ///     `slice:prefix:name`.
    ///   - rootless: we may not be allowed to. Then a group at a place of our choice is made where groups are delegated
    ///     to us; where none are, a limit that was asked for is an error that names its field, and without limits
    ///     nothing is made.
    ///   - controllers: the trees to have a group in, by a controller; nil for all that are mounted.
    ///   - restrictsDevices: whether the device rules are enforced; without rules only what every container has is
    ///     allowed.
    ///   - annotations: of the container; systemd takes those that begin with `org.systemd.property.` as properties.
    ///   - willMake: hears all that may exist from now on, before the first is made: who puts it on record finds, after
    ///     a crash at any moment, what has to be deleted.
    public static func create(
        path: String?, id: String, driver: CgroupDriver = .filesystem, resources: LinuxResources?, rootless: Bool,
        controllers: Set<String>? = nil, restrictsDevices: Bool = true, annotations: [String: String] = [:],
        willMake: (ContainerCgroup) throws(CgroupError) -> Void = { _ in }
    ) throws(CgroupError) -> ContainerCgroup {
        switch driver {
        case .filesystem:
            let place = try CgroupPath(path, id: id)
            let hierarchy = try CgroupHierarchy.current(withRoots: !place.isAbsolute || rootless)
            return try create(
                at: place, in: hierarchy.limited(to: controllers), resources: resources, rootless: rootless,
                restrictsDevices: restrictsDevices, willMake: willMake)
        case .systemd:
            let unit = try SystemdDriver.create(path: path, id: id, rootless: rootless)
            var cgroup = try planned(
                unit, in: try .current(withRoots: false), resources: resources, rootless: rootless,
                restrictsDevices: restrictsDevices)
            try SystemdDriver.check(resources, unified: cgroup.isUnified, annotations: annotations)
            cgroup.awaited?.annotations = annotations
            try willMake(cgroup)
            return cgroup
        }
    }

    static func create(
        at place: CgroupPath, in hierarchy: CgroupHierarchy, resources: LinuxResources?, rootless: Bool,
        restrictsDevices: Bool = true, own: CgroupMembership? = nil,
        willMake: (ContainerCgroup) throws(CgroupError) -> Void = { _ in }
    ) throws(CgroupError) -> ContainerCgroup {
        let needs = resources?.needs ?? []
        var own = own
        if own == nil, !place.isAbsolute || rootless { own = try .of() }
        var making = GroupMaking(place: place, rootless: rootless, own: own)
        do throws(CgroupError) {
            let planned = ContainerCgroup(groups: try making.candidates(in: hierarchy), isRootless: rootless)
            // Before anything is on record: what is there is removed with all its processes, whatever becomes of us.
            try planned.refuseOccupied(planned.groups.map(\.directory).filter { (try? FileStatus.of($0)) != nil })
            try willMake(planned)
            for tree in hierarchy.trees { try making.makeGroup(in: tree, for: needs) }
            try making.enableControllers(for: needs, in: hierarchy)
            var cgroup = ContainerCgroup(groups: making.groups, isRootless: rootless)
            cgroup.restrictsDevices = restrictsDevices
            if let field = needs.first?.field, cgroup.isEmpty { throw making.refusal(field) }
            try cgroup.refuseFrozen(making.existing)
            try cgroup.refuseOccupied(making.existing)
            try cgroup.apply(resources ?? LinuxResources(), isNew: making.existing.isEmpty)
            return cgroup
        } catch {
            making.undo()
            throw error
        }
    }

    /// Groups that systemd will make when it is given a process.
    private static func planned(
        _ unit: SystemdUnit, in hierarchy: CgroupHierarchy, resources: LinuxResources?, rootless: Bool,
        restrictsDevices: Bool
    ) throws(CgroupError) -> ContainerCgroup {
        var cgroup = ContainerCgroup(
            groups: hierarchy.trees.map { Group(controllers: $0.controllers, directory: $0.mountPoint + unit.group) },
            unit: unit, isRootless: rootless)
        cgroup.restrictsDevices = restrictsDevices
        cgroup.awaited = Awaited(resources: resources, mountPoints: hierarchy.trees.map(\.mountPoint))
        return cgroup
    }

    /// A process that enters a frozen group stops before it can tell anybody.
    private func refuseFrozen(_ existing: [String]) throws(CgroupError) {
        guard !existing.isEmpty, isFrozen else { return }
        throw CgroupError(
            field: CgroupPath.field, "the group \(existing[0]) exists and is frozen; thaw it or name another")
    }
}

extension ContainerCgroup {
    /// Whatever is in a container's groups ends with it, also when its making fails: processes of others must not be there.
    /// runc refuses it as well.
    private func refuseOccupied(_ existing: [String]) throws(CgroupError) {
        for group in groups where existing.contains(group.directory) {
            let others = try ContainerCgroup(groups: [group], isRootless: isRootless).processes()
            guard let first = others.first else { continue }
            throw CgroupError(
                field: CgroupPath.field,
                "\(group.directory) has \(others.count) processes of others (first: \(first)); name another group")
        }
    }
}

extension CgroupHierarchy {
    /// Only the trees of these controllers; the one of version 2 only when one of them isn't in version 1.
    func limited(to controllers: Set<String>?) -> CgroupHierarchy {
        guard let controllers else { return self }
        let legacy = trees.filter { !controllers.isDisjoint(with: $0.controllers) }
        let isComplete = controllers.isSubset(of: legacy.flatMap(\.controllers))
        return CgroupHierarchy(trees: legacy + (isComplete ? [] : trees.filter(\.isUnified)))
    }
}
