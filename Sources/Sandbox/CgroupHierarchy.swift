import SystemCalls

/// Where the cgroup file systems are mounted and where this process stands in them (cgroups(7)).
public struct CgroupHierarchy: Sendable, Equatable {
    public enum Controller: String, Sendable, CaseIterable {
        case memory, cpu
    }

    /// Where to find one controller.
    public struct Place: Sendable, Equatable {
        /// Version 2: one tree for all controllers.
        public var unified: Bool
        public var mountPoint: String
        /// The own group, below the mount point; begins with a slash.
        public var ownGroup: String
    }

    public var places: [Controller: Place]

    /// Larger files than this aren't a machine's mounts.
    static let mountTableLimit = 4 << 20

    /// Reads /proc/self/mountinfo and /proc/self/cgroup.
    public static func current() throws(SystemCallError) -> CgroupHierarchy {
        CgroupHierarchy(
            mountTable: String(
                decoding: try Files.contents(of: "/proc/self/mountinfo", limit: mountTableLimit), as: UTF8.self),
            membership: String(decoding: try Files.contents(of: "/proc/self/cgroup", limit: 1 << 20), as: UTF8.self),
            unifiedControllers: { mountPoint in
                let bytes = try? Files.contents(of: mountPoint + "/cgroup.controllers", limit: 4096)
                return String(decoding: bytes ?? [], as: UTF8.self)
            })
    }

    /// Pure: makes out the places from the two files' texts. A version 1 mount of a controller comes before version 2,
    /// because a controller is never in both.
    init(mountTable: String, membership: String, unifiedControllers: (String) -> String) {
        places = [:]
        let own = Self.ownGroups(membership)
        for line in mountTable.split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let left = halves[0].split(separator: " ")
            let right = halves[1].split(separator: " ")
            // Only mounts of the whole tree: below another root our own path would mean something else.
            guard left.count >= 5, right.count >= 3, left[3] == "/" else { continue }
            let mountPoint = String(left[4])
            switch right[0] {
            case "cgroup":
                for option in right[2].split(separator: ",") {
                    guard let controller = Controller(rawValue: String(option)) else { continue }
                    places[controller] = Place(
                        unified: false, mountPoint: mountPoint, ownGroup: own[controller.rawValue] ?? "/")
                }
            case "cgroup2":
                let available = unifiedControllers(mountPoint).split(whereSeparator: \.isWhitespace)
                for controller in Controller.allCases where available.contains(Substring(controller.rawValue)) {
                    places[controller] = Place(unified: true, mountPoint: mountPoint, ownGroup: own[""] ?? "/")
                }
            default: continue
            }
        }
    }

    /// `4:memory:/a/b` by controller; version 2 has the empty name.
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
