import OCISpec
import Testing

@testable import ContainerMounts

@Suite struct DescribedMappingTests {
    private func mapping(_ text: String, _ users: [IDMapping] = []) throws -> DescribedMapping {
        try DescribedMapping(text, field: "mounts[0].options", users: users, groups: users)
    }

    @Test func rangesAreMadeOut() throws {
        let mapping = try mapping("uids=0-1-10#10-11-10;gids=0-100-10")
        #expect(
            mapping.users == [
                IDMapping(containerID: 0, hostID: 1, size: 10), IDMapping(containerID: 10, hostID: 11, size: 10),
            ])
        #expect(mapping.groups == [IDMapping(containerID: 0, hostID: 100, size: 10)])
    }

    @Test func relativeRangesBeginInTheContainersNamespace() throws {
        let users = [IDMapping(containerID: 0, hostID: 0, size: 1), IDMapping(containerID: 1, hostID: 2, size: 1000)]
        #expect(
            try mapping("uids=@1-3-10;gids=@0-0-1", users).users == [IDMapping(containerID: 1, hostID: 4, size: 10)])
    }

    @Test(arguments: [
        "", "uids=0-1-2", "uids=0-1;gids=0-1-2", "uids=0-1-0;gids=0-1-2", "uids=4294967295-1-2;gids=0-1-2",
        "uids=@5000-3-10;gids=0-1-2", "other=1", "uids=-1-2-3;gids=0-1-2",
    ])
    func whatIsNoMappingIsRefused(_ text: String) {
        #expect(throws: MountError.self) { try mapping(text) }
    }
}

@Suite struct CgroupMountsTests {
    @Test func hybridHierarchiesAreFound() {
        let table = """
            25 1 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
            26 25 0:24 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
            27 25 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x,name=systemd
            28 25 0:26 / /sys/fs/cgroup/unified rw shared:3 - cgroup2 cgroup2 rw,nsdelegate
            29 25 0:26 / /other/memory rw - cgroup cgroup rw,memory
            """
        let found = CgroupMounts.hierarchies(
            mountTable: table, membership: "2:cpu,cpuacct:/a/b\n1:name=systemd:/s\n0::/u\n")
        #expect(
            found == [
                .init(
                    name: "cpu,cpuacct", isUnified: false, options: ["cpu", "cpuacct"],
                    ownDirectory: "/sys/fs/cgroup/cpu,cpuacct/a/b"),
                .init(
                    name: "systemd", isUnified: false, options: ["name=systemd"],
                    ownDirectory: "/sys/fs/cgroup/systemd/s"),
                .init(name: "unified", isUnified: true, options: [], ownDirectory: "/sys/fs/cgroup/unified/u"),
            ])
    }

    @Test func aMountOfAPartShowsTheGroupBelowIt() {
        let table = "26 25 0:24 /a /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        #expect(
            CgroupMounts.hierarchies(mountTable: table, membership: "1:pids:/a/b\n").map(\.ownDirectory) == [
                "/sys/fs/cgroup/pids/b"
            ])
        #expect(
            CgroupMounts.hierarchies(mountTable: table, membership: "1:pids:/ab\n").map(\.ownDirectory) == [
                "/sys/fs/cgroup/pids"
            ])
    }
}

@Suite struct KernelFileSystemsTests {
    @Test func wholeOnesOutsideOfTheRootAreFound() {
        let table = """
            21 1 0:20 / /proc rw - proc proc rw
            22 1 0:21 / /sys rw - sysfs sysfs rw
            23 1 0:20 /sys /proc/sys ro - proc proc rw
            24 1 0:20 / /root/fs/proc ro - proc proc rw
            25 1 0:20 / /with\\040blank ro - proc proc rw
            26 1 0:20 / /tmp ro - tmpfs tmpfs rw
            """
        #expect(
            KernelFileSystems.points(mountTable: table, outside: "/root/fs/") == ["/with blank", "/sys", "/proc"])
    }
}
