import SystemCalls

/// The trees of control groups that this machine has mounted (cgroups(7)).
///
/// Version 1 has a tree for each controller, or for a few of them, and named trees without any; version 2 has one tree.
/// A hybrid machine has both, and a controller is never in both.
public struct CgroupHierarchy: Sendable, Equatable {
    /// One mounted tree.
    public struct Tree: Sendable, Equatable {
        /// What is mounted there with version 1: `cpu`, `cpuacct`, `name=systemd`. Empty with version 2.
        public var controllers: [String]
        public var mountPoint: String
        /// The group that is mounted at the mount point; anything but a slash inside a container without a cgroup
        /// namespace.
        public var root: String

        public var isUnified: Bool { controllers.isEmpty }

        public init(controllers: [String], mountPoint: String, root: String = "/") {
            self.controllers = controllers
            self.mountPoint = mountPoint
            self.root = root
        }
    }

    public var trees: [Tree]

    public init(trees: [Tree]) { self.trees = trees }

    /// Whether version 2 is all there is.
    public var isUnified: Bool { trees.contains(where: \.isUnified) && trees.count == 1 }

    /// Where version 2 alone is mounted on every machine that has it.
    static let usualMountPoint = "/sys/fs/cgroup"
    /// Larger files than this aren't a machine's mounts.
    static let mountTableLimit = 4 << 20

    /// Finds the trees.
    ///
    /// - Parameter withRoots: whether `root` has to be right. Without, the usual place of version 2 is believed at the
    ///   cost of one call: the table of mounts has hundreds of lines on a machine with containers.
    public static func current(withRoots: Bool) throws(CgroupError) -> CgroupHierarchy {
        if !withRoots, (try? FilesystemType.of(usualMountPoint)) == .unifiedGroups {
            return CgroupHierarchy(trees: [Tree(controllers: [], mountPoint: usualMountPoint)])
        }
        if let known = unchanged { return known }
        do throws(SystemCallError) {
            let table = try Files.contents(of: "/proc/self/mountinfo", limit: mountTableLimit)
            return CgroupHierarchy(mountTable: String(decoding: table, as: UTF8.self))
        } catch { throw CgroupError(error) }
    }

    /// Pure: makes out the trees from the text of /proc/self/mountinfo.
    ///
    /// Of the mounts of one tree the first that shows all of it counts, or else the first.
    init(mountTable: String) {
        trees = []
        for line in mountTable.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let tree = Self.tree(line) else { continue }
            if let known = trees.firstIndex(where: { $0.controllers == tree.controllers }) {
                let covers = tree.isUnified && tree.mountPoint == Self.usualMountPoint
                if covers || trees[known].root != "/" && tree.root == "/" { trees[known] = tree }
            } else {
                trees.append(tree)
            }
        }
        // Whoever covers the usual place with version 2 has left the trees below it in the table, and out of sight.
        if let unified = trees.first(where: { $0.isUnified && $0.mountPoint == Self.usualMountPoint }) {
            trees = [unified]
        }
    }

    /// A line such as `30 24 0:26 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,memory`.
    private static func tree(_ line: Substring.UTF8View) -> Tree? {
        let fields = line.split(separator: UInt8(ascii: " "))
        guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6, fields.count >= dash + 4
        else { return nil }
        let root = unescaped(fields[3])
        let mountPoint = unescaped(fields[4])
        if fields[dash + 1].elementsEqual("cgroup2".utf8) {
            return Tree(controllers: [], mountPoint: mountPoint, root: root)
        }
        guard fields[dash + 1].elementsEqual("cgroup".utf8) else { return nil }
        let options = fields[dash + 3].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        let controllers = options.filter { !mountOptions.contains($0) && !$0.hasPrefix("release_agent=") }
        return controllers.isEmpty ? nil : Tree(controllers: controllers, mountPoint: mountPoint, root: root)
    }

    /// What stands among the controllers of version 1 and isn't one.
    private static let mountOptions: Set<String> = [
        "rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "nofavordynmods",
    ]

    /// The table writes blanks and backslashes as three octal digits.
    private static func unescaped(_ field: Substring.UTF8View) -> String {
        guard field.contains(UInt8(ascii: "\\")) else { return String(Substring(field)) }
        var bytes: [UInt8] = []
        var rest = field[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(String(Substring(digits)), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
