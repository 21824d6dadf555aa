import SystemCalls

/// Finds a directory of a hierarchy in which a group of ours can stand.
struct CgroupPlacement {
    let place: CgroupHierarchy.Place
    let controller: CgroupHierarchy.Controller

    /// Where to try, in this order: `martlet` at the top, as root can; then where a delegated user can. In version 2 a group
    /// with processes has no children with controllers, so there it is a sibling of our own.
    private var parents: [String] {
        let own = place.ownGroup == "/" ? "" : place.ownGroup
        let top = "\(place.mountPoint)/\(Cgroup.parentName)"
        if own.isEmpty { return [top] }
        let delegated = place.unified ? String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) : own
        return [top, "\(place.mountPoint)\(delegated)/\(Cgroup.parentName)"]
    }

    /// Makes the group, or takes the one that another controller of the same tree made.
    func makeGroup(
        _ name: String, for settings: CgroupSettings, existing: [Cgroup.Directory]
    ) throws(CgroupError) -> Cgroup.Directory {
        var failure: CgroupError?
        for parent in parents {
            let directory = Cgroup.Directory(unified: place.unified, path: "\(parent)/\(name)")
            do throws(CgroupError) {
                try makeDirectory(parent, settings.option)
                if place.unified { try enable(in: parent, settings.option) }
                if !existing.contains(directory) { try makeDirectory(directory.path, settings.option) }
                return directory
            } catch { failure = failure ?? error }
        }
        throw failure ?? .noController(controller.rawValue, option: settings.option)
    }

    private func makeDirectory(_ path: String, _ option: String) throws(CgroupError) {
        do throws(SystemCallError) {
            try Files.makeDirectory(path, mode: 0o755)
        } catch {
            if error.errno != .exists { throw .refused(option: option, cause: error) }
        }
    }

    /// Hands the controller down: from the group above ours to ours, and from ours to its children.
    private func enable(in parent: String, _ option: String) throws(CgroupError) {
        let above = String(parent[..<(parent.lastIndex(of: "/") ?? parent.startIndex)])
        for group in [above, parent] {
            try CgroupFile(group, "cgroup.subtree_control").write("+\(controller.rawValue)", option: option)
        }
    }
}
