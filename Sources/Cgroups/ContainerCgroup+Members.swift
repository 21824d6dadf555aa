import OCISpec
import SystemCalls

extension ContainerCgroup {
    /// Puts a process into the groups. With systemd, the first one makes the scope.
    ///
    /// - Parameters:
    ///   - inUnified: clone3 has made it in `unifiedDirectory` already.
    ///   - beside: a process of the container, for `exec`. When the container has groups of its own below version 2's,
    ///     only they take processes: then the new one is put where that one is.
    public mutating func add(
        process: Int32, inUnified: Bool = false, beside: Int32? = nil
    ) throws(CgroupError) {
        if let awaited, let unit {
            try SystemdDriver.start(
                unit, process: process, resources: awaited.resources, unified: isUnified,
                annotations: awaited.annotations)
            try join(process, inUnified: false, beside: nil, awaited)
            self.awaited = nil
            try apply(awaited.resources ?? LinuxResources(), isNew: false)
        } else {
            try join(process, inUnified: inUnified, beside: beside, nil)
        }
    }

    private func join(
        _ process: Int32, inUnified: Bool, beside: Int32?, _ awaited: Awaited?
    ) throws(CgroupError) {
        for (index, group) in groups.enumerated() where !(group.isUnified && inUnified) {
            do throws(SystemCallError) {
                if let awaited, !group.isUnified { try Self.make(group, below: awaited.mountPoints[index]) }
                try Self.enter(group, process, beside: beside)
            } catch {
                if error.errno == .accessDenied, group.isUnified, awaited == nil, let unit {
                    try Self.attach(process, to: unit, group, beside: beside)
                    continue
                }
                throw CgroupError(
                    field: nil, error,
                    advice: error.errno == .notSupported ? "the group is threaded and takes no whole process" : nil)
            }
        }
    }

    /// Whoever takes a process from one group to another needs a right to the group above both, which a user has below his own
    /// systemd only: it is asked then, and asks the machine's.
    private static func attach(
        _ process: Int32, to unit: SystemdUnit, _ group: Group, beside: Int32?
    ) throws(CgroupError) {
        let inner = beside.flatMap { innerGroup(of: $0, in: group) }
        let below = inner.map { String(decoding: $0.utf8.dropFirst(group.directory.utf8.count), as: UTF8.self) }
        try SystemdDriver.attach(unit, process: process, group: below ?? "")
    }

    /// systemd makes groups in the trees that it uses; in the others we do.
    private static func make(_ group: Group, below mountPoint: String) throws(SystemCallError) {
        var current = mountPoint
        for name in group.directory.dropFirst(mountPoint.count).pathParts {
            current += "/\(name)"
            try Files.ensureDirectory(current, mode: 0o755)
        }
    }

    private static func enter(_ group: Group, _ process: Int32, beside: Int32?) throws(SystemCallError) {
        do throws(SystemCallError) {
            return try write(process, into: group.directory)
        } catch {
            switch error.errno {
            case .noSpace where group.controllers.contains("cpuset"):
                try Cpuset.inherit(group.directory)
                return try write(process, into: group.directory)
            case .busy where group.isUnified:
                guard let beside, let inner = innerGroup(of: beside, in: group) else { throw error }
                return try write(process, into: inner)
            default: throw error
            }
        }
    }

    /// A process that is being born is refused for a moment (`EINVAL`).
    private static func write(_ process: Int32, into directory: String) throws(SystemCallError) {
        for attempt in 1... {
            do throws(SystemCallError) {
                return try GroupFile.write("\(process)", to: "cgroup.procs", of: directory)
            } catch {
                guard error.errno == .invalid, attempt < 5 else { throw error }
                Pause.milliseconds(10)
            }
        }
    }

    /// Where a process stands below the container's group.
    private static func innerGroup(of process: Int32, in group: Group) -> String? {
        guard let hierarchy = try? CgroupHierarchy.current(withRoots: true),
            let tree = hierarchy.trees.first(where: \.isUnified),
            let inner = (try? CgroupMembership.of(process))?.directory(in: tree),
            inner.hasPrefix(group.directory + "/")
        else { return nil }
        return inner
    }
}

/// Waiting without doing anything.
enum Pause {
    static func milliseconds(_ count: UInt64) {
        var nothing: [PollRequest] = []
        _ = try? Poll.wait(&nothing, timeout: count * 1_000_000)
    }
}
