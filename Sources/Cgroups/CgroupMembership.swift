import SystemCalls

/// The groups in which a process stands, one for each tree: /proc/PID/cgroup.
public struct CgroupMembership: Sendable, Equatable {
    /// By controller or `name=…`; version 2 has the empty name.
    private var groups: [String: String] = [:]

    static let sizeLimit = 1 << 20

    /// - Parameter process: nil for the calling one.
    public static func of(_ process: Int32? = nil) throws(CgroupError) -> CgroupMembership {
        do throws(SystemCallError) {
            let text = try Files.contents(
                of: "/proc/\(process.map { "\($0)" } ?? "self")/cgroup", limit: sizeLimit)
            return CgroupMembership(String(decoding: text, as: UTF8.self))
        } catch { throw CgroupError(error) }
    }

    /// Pure: lines such as `4:cpu,cpuacct:/a/b`.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                groups[String(controller)] = String(fields[2])
            }
        }
    }

    /// The directory of the process's group in a tree, without a slash at its end; nil when the mount doesn't show it.
    public func directory(in tree: CgroupHierarchy.Tree) -> String? {
        guard let group = groups[tree.controllers.first ?? ""] else { return nil }
        // A group outside of the cgroup namespace is written from its root: `/../x`.
        guard !group.pathParts.contains("..") else { return nil }
        if tree.root == "/" { return group == "/" ? tree.mountPoint : tree.mountPoint + group }
        guard group == tree.root || group.hasPrefix(tree.root + "/") else { return nil }
        return tree.mountPoint + group.dropFirst(tree.root.count)
    }
}
