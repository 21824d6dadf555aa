import SystemCalls
import Testing

@testable import BundleRuntime

/// config-linux.md, "Cgroup ownership".
@Suite("Who gets the container's group")
struct GroupOwnerTests {
    private func owner(
        _ namespaces: [String], user: UInt32 = 5, mount: String = #""options":["rw"]"#, source: String = "cgroup",
        place: String = "/sys/fs/cgroup"
    ) throws -> UInt32? {
        let mapping = namespaces.contains("user") ? #"[{"containerID":0,"hostID":100000,"size":10}]"# : "[]"
        let types = namespaces.map { #"{"type":"\#($0)"}"# }.joined(separator: ",")
        let text = """
            {"ociVersion":"1.2.0","process":{"cwd":"/","args":["/x"],"user":{"uid":\(user),"gid":0}},
            "root":{"path":"rootfs"},
            "mounts":[{"destination":"/proc","type":"proc"},
            {"destination":"\(place)","type":"cgroup","source":"\(source)",\(mount)}],
            "linux":{"namespaces":[\(types)],"uidMappings":\(mapping),"gidMappings":\(mapping)}}
            """
        let document = try BundleDocument(bundle: "/nonexistent", bytes: Array(text.utf8))
        return try ContainerPlan(
            document, CreateRequest(id: "x"), guest: nil, cache: nil, isRootless: false,
            trace: PhaseTrace(isActive: false)
        ).groupOwner
    }

    @Test func theUserOfTheProcessDoes() throws {
        #expect(try owner(["mount", "cgroup", "user"]) == 100_005)
        #expect(try owner(["mount", "cgroup", "user"], user: 0) == 100_000)
        #expect(try owner(["mount", "cgroup"]) == 5)
        #expect(try owner(["mount", "cgroup", "user"], place: "//sys/fs/./cgroup/") == 100_005)
    }

    @Test func nobodyDoesWhoIsInNoGroupsNamespaceOrSeesItReadOnlyOrNotAtAll() throws {
        #expect(try owner(["mount", "user"]) == nil)
        #expect(try owner(["mount", "cgroup", "user"], mount: #""options":["nosuid","ro"]"#) == nil)
        #expect(try owner(["mount", "cgroup", "user"], source: "other") == nil)
        #expect(try owner(["mount", "cgroup", "user"], place: "/elsewhere") == nil)
    }

    @Test func nobodyDoesWhomTheMappingsDoNotKnowOrWhoHasItAlready() throws {
        #expect(try owner(["mount", "cgroup", "user"], user: 10) == nil)
        #expect(try owner(["mount", "cgroup"], user: Processes.effectiveUser) == nil)
    }
}
