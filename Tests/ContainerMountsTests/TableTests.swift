import FieldErrors
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
        #expect(throws: FieldError.self) { try mapping(text) }
    }
}

@Suite struct CgroupMountsTests {
    @Test func hybridHierarchiesAreFound() {
        let found = CgroupMounts.hierarchies("2:cpu,cpuacct:/a/b\n1:name=systemd:/s:x\n0::/u\n\nno line\n")
        #expect(
            found == [
                .init(options: ["cpu", "cpuacct"], group: "/a/b"), .init(options: ["name=systemd"], group: "/s:x"),
                .init(options: [], group: "/u"),
            ])
        #expect(found.map(\.names) == [["cpu,cpuacct", "cpu", "cpuacct"], ["systemd"], ["unified"]])
        #expect(found.map(\.isUnified) == [false, false, true])
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
