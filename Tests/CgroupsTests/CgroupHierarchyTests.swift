import Testing

@testable import Cgroups

@Suite struct CgroupHierarchyTests {
    private static let hybrid = """
        24 1 0:21 / /sys rw - sysfs sysfs rw
        30 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
        32 24 0:26 /inner /mnt rw - cgroup cgroup rw,memory
        34 24 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/x,name=systemd
        33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
        broken line
        """

    @Test func everyTreeIsFoundWithItsControllersAndItsName() {
        let trees = CgroupHierarchy(mountTable: Self.hybrid).trees
        #expect(
            trees == [
                .init(controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory"),
                .init(controllers: ["cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
                .init(controllers: ["name=systemd"], mountPoint: "/sys/fs/cgroup/systemd"),
                .init(controllers: [], mountPoint: "/sys/fs/cgroup/unified"),
            ])
    }

    @Test func version2AtTheUsualPlaceIsAllThereIs() {
        let hierarchy = CgroupHierarchy(
            mountTable: Self.hybrid + "\n40 24 0:29 / /sys/fs/cgroup rw - cgroup2 none rw\n")
        #expect(hierarchy.trees == [.init(controllers: [], mountPoint: "/sys/fs/cgroup")])
        #expect(hierarchy.isUnified)
    }

    @Test func theMountThatShowsTheWholeTreeCounts() {
        let hierarchy = CgroupHierarchy(
            mountTable: """
                30 24 0:26 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                31 24 0:26 / /host/memory rw - cgroup cgroup rw,memory
                """)
        #expect(hierarchy.trees.map(\.mountPoint) == ["/host/memory"])
    }

    @Test func blanksOfAMountPointAreReadBack() {
        let hierarchy = CgroupHierarchy(mountTable: #"30 24 0:26 / /a\040b\134c rw - cgroup2 none rw"#)
        #expect(hierarchy.trees.first?.mountPoint == #"/a b\c"#)
    }

    @Test func aTableWithoutGroupsHasNoTrees() {
        #expect(CgroupHierarchy(mountTable: "").trees.isEmpty)
        #expect(CgroupHierarchy(mountTable: "24 1 0:21 / /sys rw - sysfs sysfs rw\n").trees.isEmpty)
    }

    @Test func onlyTheTreesOfSomeControllersAreTaken() {
        let hierarchy = CgroupHierarchy(mountTable: Self.hybrid)
        #expect(hierarchy.limited(to: ["memory"]).trees.map(\.controllers) == [["memory"]])
        #expect(hierarchy.limited(to: ["memory", "io"]).trees.map(\.controllers) == [["memory"], []])
        #expect(hierarchy.limited(to: nil) == hierarchy)
    }

    @Test func theOwnGroupIsFoundBelowAMountThatShowsAPart() {
        let membership = CgroupMembership("4:memory:/docker/x/y\n1:cpu,cpuacct:/\n0::/user\n")
        func directory(_ controllers: [String], _ root: String) -> String? {
            membership.directory(in: .init(controllers: controllers, mountPoint: "/m", root: root))
        }
        #expect(directory(["memory"], "/docker/x") == "/m/y")
        #expect(directory(["memory"], "/") == "/m/docker/x/y")
        #expect(directory(["memory"], "/docker/xx") == nil)
        #expect(directory(["cpu", "cpuacct"], "/") == "/m")
        #expect(directory([], "/") == "/m/user")
        #expect(directory(["pids"], "/") == nil)
    }

    @Test func aGroupOutsideOfTheNamespaceIsNotOurs() {
        let membership = CgroupMembership("0::/../other\n")
        #expect(membership.directory(in: .init(controllers: [], mountPoint: "/m")) == nil)
    }
}
