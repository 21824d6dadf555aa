import SystemCalls

/// The hierarchies of control groups and where this process stands in each (cgroups(7)).
enum CgroupMounts {
    /// Where hosts mount them.
    static let host = "/sys/fs/cgroup"

    struct Hierarchy: Equatable {
        /// What makes the same hierarchy again: `cpu` and `cpuacct`, or `name=systemd`; empty for the unified one.
        var options: [String]
        /// This process's group; begins with a slash.
        var group: String

        var isUnified: Bool { options.isEmpty }

        /// Below `host`, as distributions call its directory, the likeliest first.
        var names: [String] {
            if isUnified { return ["unified"] }
            let names = options.map { $0.hasPrefix("name=") ? String($0.dropFirst(5)) : $0 }
            return names.count > 1 ? [names.joined(separator: ",")] + names : names
        }

        /// The name that the host has mounted it by; nil when it hasn't.
        ///
        /// A question for each hierarchy costs far less than reading the table of all mounts.
        func mountedName() -> String? {
            names.first { name in
                guard let type = try? FilesystemType.of("\(CgroupMounts.host)/\(name)") else { return false }
                return type == (isUnified ? .unifiedGroups : .legacyGroups)
            }
        }
    }

    private static let membershipLimit = 1 << 20

    static func current() throws(SystemCallError) -> [Hierarchy] {
        let text = try Files.contents(of: "/proc/self/cgroup", limit: membershipLimit)
        return hierarchies(String(decoding: text, as: UTF8.self))
    }

    /// Pure: from the text of /proc/self/cgroup, `2:cpu,cpuacct:/a/b`.
    static func hierarchies(_ membership: String) -> [Hierarchy] {
        membership.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            return Hierarchy(options: fields[1].split(separator: ",").map(String.init), group: String(fields[2]))
        }
    }
}
