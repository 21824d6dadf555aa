import SystemCalls

/// Hands the controllers of version 2 down, from the tree's root to one group.
struct UnifiedControllers {
    let root: String
    let group: String

    /// Those that `ps`, `events` and `stats` count with.
    static let counting = ["cpu", "io", "memory", "pids"]

    /// Usually one read: the groups above ours hand down from the last time.
    func enable(_ needed: [ResourceNeed], expected: [String]) throws(CgroupError) {
        let present = try controllers(of: group)
        if present.isSuperset(of: expected + needed.compactMap(\.unified)) { return }
        let offered = try controllers(of: root)
        let obstacle = handDown(offered)
        let handed = try controllers(of: group)
        for need in needed {
            guard let controller = need.unified, !handed.contains(controller) else { continue }
            throw refusal(controller, need.field, isOffered: offered.contains(controller), obstacle)
        }
    }

    /// Returns the first group that refused, and why.
    private func handDown(_ offered: Set<String>) -> (group: String, error: SystemCallError)? {
        var obstacle: (String, SystemCallError)?
        var current = root
        let all = offered.sorted().map { "+\($0)" }
        for name in group.dropFirst(root.count).pathParts {
            do throws(SystemCallError) {
                try GroupFile.write(all.joined(separator: " "), to: "cgroup.subtree_control", of: current)
            } catch {
                // All or none: one that is refused (as by realtime processes) mustn't keep the others.
                var refused = 0
                for controller in all {
                    let written: Void? = try? GroupFile.write(controller, to: "cgroup.subtree_control", of: current)
                    if written == nil { refused += 1 }
                }
                if refused > 0 { obstacle = obstacle ?? (current, error) }
            }
            current += "/\(name)"
        }
        return obstacle
    }

    private func refusal(
        _ controller: String, _ field: String, isOffered: Bool, _ obstacle: (group: String, error: SystemCallError)?
    ) -> CgroupError {
        guard isOffered else {
            return CgroupError(
                field: field,
                "the controller \(controller) isn't in version 2 on this machine (\(root)/cgroup.controllers)")
        }
        guard let obstacle else {
            return CgroupError(field: field, "the controller \(controller) isn't handed down to \(group)")
        }
        switch obstacle.error.errno {
        case .busy:
            return CgroupError(
                field: field,
                "\(obstacle.group) has processes of its own and can't hand the controller \(controller) down; "
                    + "move them into a group below it",
                errno: .busy)
        case .notSupported:
            return CgroupError(
                field: field, "\(obstacle.group) is threaded, and the controller \(controller) is for whole processes",
                errno: obstacle.error.errno)
        default:
            return CgroupError(field: field, obstacle.error, advice: "the controller \(controller) isn't handed down")
        }
    }

    private func controllers(of group: String) throws(CgroupError) -> Set<String> {
        do throws(SystemCallError) {
            return Set(try GroupFile.words("cgroup.controllers", of: group).map(String.init))
        } catch { throw CgroupError(error) }
    }
}
