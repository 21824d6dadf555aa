import SystemCalls

/// Makes the directories of a container's groups and remembers them, so that a failure leaves nothing behind.
struct GroupMaking {
    let place: CgroupPath
    let rootless: Bool
    let own: CgroupMembership?

    private(set) var groups: [ContainerCgroup.Group] = []
    /// Groups that stood there before us.
    private(set) var existing: [String] = []
    /// The mount point of version 2, when a group was made there.
    private var unifiedRoot: String?
    /// What we made, each after those above it.
    private var made: [String] = []
    /// Why the first tree that was left out was left out.
    private var omission: CgroupError?

    init(place: CgroupPath, rootless: Bool, own: CgroupMembership?) {
        self.place = place
        self.rootless = rootless
        self.own = own
    }

    /// Makes the group in one tree. Without privileges, a tree in which we may not is left out.
    mutating func makeGroup(in tree: CgroupHierarchy.Tree, for needs: [ResourceNeed]) throws(CgroupError) {
        var failure: CgroupError?
        for directory in try places(in: tree) {
            do throws(SystemCallError) {
                try make(directory, in: tree)
                // Groups in ours are born with what it has. Of others we don't know, and a child may lack the right to
                // look.
                if !place.isDefault, tree.controllers.contains("cpuset") { try Cpuset.inherit(directory) }
                groups.append(.init(controllers: tree.controllers, directory: directory))
                if tree.isUnified { unifiedRoot = tree.mountPoint }
                return
            } catch {
                failure =
                    failure
                    ?? CgroupError(
                        field: field(of: tree, needs), error,
                        advice: "a control group needs a writable tree: run as root, or in a delegated group")
                guard rootless, Self.isRefusal(error.errno) else { break }
            }
        }
        guard let failure else { return }
        guard rootless, place.isDefault, Self.isRefusal(failure.errno) else { throw failure }
        omission = omission ?? failure
    }

    /// Where the group may be made in a tree, in the order in which it is tried.
    private func places(in tree: CgroupHierarchy.Tree) throws(CgroupError) -> [String] {
        let first = try place.directory(in: tree, own: own)
        guard rootless, place.isDefault, let own, let delegated = place.delegatedDirectory(in: tree, own: own),
            delegated != first
        else { return [first] }
        return [first, delegated]
    }

    /// All groups that may be made.
    func candidates(in hierarchy: CgroupHierarchy) throws(CgroupError) -> [ContainerCgroup.Group] {
        var groups: [ContainerCgroup.Group] = []
        for tree in hierarchy.trees {
            groups += try places(in: tree).map { .init(controllers: tree.controllers, directory: $0) }
        }
        return groups
    }

    private static func isRefusal(_ errno: Errno?) -> Bool {
        [.accessDenied, .notPermitted, .readOnlyFileSystem].contains(errno)
    }

    /// The field that an error is about: the limit that asks for the tree, or else the path.
    private func field(of tree: CgroupHierarchy.Tree, _ needs: [ResourceNeed]) -> String {
        let need = needs.first { need in
            tree.isUnified ? need.unified != nil : need.legacy.map(tree.controllers.contains) ?? false
        }
        return need?.field ?? CgroupPath.field
    }

    /// Usually one call: the group above stands from the last time.
    private mutating func make(_ directory: String, in tree: CgroupHierarchy.Tree) throws(SystemCallError) {
        do throws(SystemCallError) {
            try Files.makeDirectory(directory, mode: 0o755)
            made.append(directory)
        } catch {
            switch error.errno {
            case .exists: existing.append(directory)
            case .noSuchFile: try makeWithParents(directory, in: tree)
            default: throw error
            }
        }
    }

    private mutating func makeWithParents(_ directory: String, in tree: CgroupHierarchy.Tree) throws(SystemCallError) {
        var current = tree.mountPoint
        for name in directory.dropFirst(tree.mountPoint.count).pathParts {
            current += "/\(name)"
            do throws(SystemCallError) {
                try Files.makeDirectory(current, mode: 0o755)
                made.append(current)
                if tree.controllers.contains("cpuset"), current != directory {
                    Cpuset.handDown(current)
                }
            } catch {
                guard error.errno == .exists else { throw error }
            }
        }
    }

    /// Hands the controllers of version 2 down to the group.
    ///
    /// With version 2 alone, all that are there: they also count. Beside version 1 only those that a limit asks for.
    func enableControllers(for needs: [ResourceNeed], in hierarchy: CgroupHierarchy) throws(CgroupError) {
        guard let unifiedRoot, let group = groups.first(where: \.isUnified) else { return }
        let legacy = Set(hierarchy.trees.flatMap(\.controllers))
        let needed = needs.filter { need in
            guard let unified = need.unified, !unified.isEmpty else { return false }
            return need.legacy.map { !legacy.contains($0) } ?? true
        }
        if !hierarchy.isUnified, needed.isEmpty { return }
        try UnifiedControllers(root: unifiedRoot, group: group.directory)
            .enable(needed, expected: hierarchy.isUnified ? UnifiedControllers.counting : [])
    }

    /// Why a limit can't be set when there is no group at all.
    func refusal(_ field: String) -> CgroupError {
        guard let omission else {
            return CgroupError(field: field, "this machine has no control groups mounted (below /sys/fs/cgroup)")
        }
        return CgroupError(field: field, omission.reason, errno: omission.errno)
    }

    /// Removes what was made, from the bottom up.
    func undo() {
        for directory in made.reversed() { try? Files.removeDirectory(directory) }
    }
}
