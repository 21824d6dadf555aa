import Testing

@testable import Cgroups

@Suite struct CgroupPathTests {
    private let memory = CgroupHierarchy.Tree(controllers: ["memory"], mountPoint: "/m")
    private let unified = CgroupHierarchy.Tree(controllers: [], mountPoint: "/u")
    private let own = CgroupMembership("4:memory:/own/group\n0::/user.slice/session\n")

    @Test func withoutAPathTheGroupStandsBelowOurs() throws {
        for path in [nil, ""] {
            let place = try CgroupPath(path, id: "c1")
            #expect(place.isDefault && place.isAbsolute)
            #expect(try place.directory(in: memory, own: nil) == "/m/martlet/c1")
        }
    }

    @Test func anAbsolutePathBeginsAtEachTreesRoot() throws {
        let place = try CgroupPath("/a//b/./c/", id: "c1")
        #expect(try place.directory(in: memory, own: own) == "/m/a/b/c")
        #expect(try place.directory(in: unified, own: own) == "/u/a/b/c")
    }

    @Test func aRelativePathBeginsAtOurGroupOrBesideIt() throws {
        let place = try CgroupPath("a/b", id: "c1")
        #expect(try place.directory(in: memory, own: own) == "/m/own/group/a/b")
        #expect(try place.directory(in: unified, own: own) == "/u/user.slice/a/b")
    }

    @Test func aRelativePathOfARootProcessBeginsAtTheRoot() throws {
        let place = try CgroupPath("a", id: "c1")
        #expect(try place.directory(in: unified, own: CgroupMembership("0::/\n")) == "/u/a")
    }

    @Test func aRelativePathWithoutAGroupOfOursIsRefused() throws {
        let place = try CgroupPath("a", id: "c1")
        #expect(throws: CgroupError.self) { try place.directory(in: memory, own: CgroupMembership("")) }
    }

    @Test(arguments: ["/", "//", "/.", "/a/../b", "..", "a/..", "/a\nb", "/a/../\u{301}b", "/\u{301}/.."])
    func aPathThatClimbsOrNamesTheRootIsRefused(_ path: String) {
        #expect { try CgroupPath(path, id: "c1") } throws: { ($0 as? CgroupError)?.field == "linux.cgroupsPath" }
    }

    @Test func pathsBeyondTheBoundsAreRefused() {
        #expect(throws: CgroupError.self) { try CgroupPath(String(repeating: "/a", count: 65), id: "c1") }
        #expect(throws: CgroupError.self) { try CgroupPath("/" + String(repeating: "a", count: 256), id: "c1") }
        #expect(throws: CgroupError.self) {
            try CgroupPath(String(repeating: "/" + String(repeating: "a", count: 200), count: 30), id: "c1")
        }
    }
}
