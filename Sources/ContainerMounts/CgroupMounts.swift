import SystemCalls

/// The hierarchies of control groups that the host has mounted, and where this process stands in each (cgroups(7)).
enum CgroupMounts {
    struct Hierarchy: Equatable {
        /// As the host's directory is called: `memory`, `cpu,cpuacct`, `systemd`, `unified`.
        var name: String
        var isUnified: Bool
        /// What makes the same hierarchy again: `cpu` and `cpuacct`, or `name=systemd`.
        var options: [String]
        /// This process's group, as a path of the host.
        var ownDirectory: String
    }

    /// More than that isn't a machine's mounts.
    private static let tableLimit = 4 << 20
    private static let membershipLimit = 1 << 20

    static func current() throws(SystemCallError) -> [Hierarchy] {
        let table = try Files.contents(of: "/proc/self/mountinfo", limit: tableLimit)
        let membership = try Files.contents(of: "/proc/self/cgroup", limit: membershipLimit)
        return hierarchies(
            mountTable: String(decoding: table, as: UTF8.self),
            membership: String(decoding: membership, as: UTF8.self))
    }

    /// Pure: from the two files' texts. Each hierarchy once, where it is mounted first below /sys/fs/cgroup.
    static func hierarchies(mountTable: String, membership: String) -> [Hierarchy] {
        let own = ownGroups(membership)
        var found: [Hierarchy] = []
        for line in mountTable.split(separator: "\n") {
            guard let separator = line.firstRange(of: " - ") else { continue }
            let left = line[..<separator.lowerBound].split(separator: " ")
            let right = line[separator.upperBound...].split(separator: " ")
            guard left.count >= 5, right.count >= 3, right[0] == "cgroup" || right[0] == "cgroup2" else { continue }
            let point = String(left[4])
            guard point.hasPrefix("/sys/fs/cgroup/"), let name = point.split(separator: "/").last.map(String.init),
                !found.contains(where: { $0.name == name })
            else { continue }
            let isUnified = right[0] == "cgroup2"
            let options = isUnified ? [] : controllers(right[2])
            let group = own[isUnified ? "" : options.first ?? ""] ?? "/"
            found.append(
                Hierarchy(
                    name: name, isUnified: isUnified, options: options,
                    ownDirectory: below(point, root: String(left[3]), group: group)))
        }
        return found
    }

    /// Of the file system's options those that say which hierarchy it is.
    private static func controllers(_ options: Substring) -> [String] {
        let general: Set<Substring> = ["rw", "ro", "xattr", "clone_children", "noprefix", "none"]
        return options.split(separator: ",").filter { !general.contains($0) && !$0.hasPrefix("release_agent=") }.map(
            String.init)
    }

    /// The group as a path of the host. A mount may show only a part of the hierarchy.
    private static func below(_ point: String, root: String, group: String) -> String {
        if root == "/" { return group == "/" ? point : point + group }
        if group == root { return point }
        return group.hasPrefix(root + "/") ? point + group.dropFirst(root.count) : point
    }

    /// By controller; a named hierarchy by `name=…`, the unified one by the empty name.
    private static func ownGroups(_ membership: String) -> [String: String] {
        var groups: [String: String] = [:]
        for line in membership.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                groups[String(controller)] = String(fields[2])
            }
        }
        return groups
    }
}
