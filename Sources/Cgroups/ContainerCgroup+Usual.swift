import SystemCalls

extension ContainerCgroup {
    /// What is there of the groups that a container has whose configuration names no place for them: for a container of which
    /// only the id is known.
    public static func usual(id: String) throws(CgroupError) -> ContainerCgroup {
        let place = try CgroupPath(nil, id: id)
        var groups: [Group] = []
        for tree in try CgroupHierarchy.current(withRoots: false).trees {
            let directory = try place.directory(in: tree, own: nil)
            guard (try? FileStatus.of(directory))?.kind == .directory else { continue }
            groups.append(Group(controllers: tree.controllers, directory: directory))
        }
        return ContainerCgroup(groups: groups, isRootless: false)
    }
}
