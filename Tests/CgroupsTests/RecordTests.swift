import JSON
import Testing

@testable import Cgroups

@Suite struct RecordTests {
    @Test func aRecordIsReadAsItWasWritten() throws {
        var cgroup = ContainerCgroup(
            groups: [
                .init(controllers: ["cpu", "cpuacct"], directory: "/sys/fs/cgroup/cpu/a/b"),
                .init(controllers: [], directory: "/sys/fs/cgroup/unified/a/b"),
            ], isRootless: true)
        cgroup.unit = SystemdUnit(name: "a.scope", slice: "b.slice", group: "/b.slice/a.scope", belongsToUser: true)
        let text = cgroup.json.text()
        let read = try ContainerCgroup(json: try JSONNode(reading: Array(text.utf8)))
        #expect(read == cgroup)
    }

    @Test(arguments: ["relative/a", "/", "/sys/../etc", ""])
    func aRecordWhoseDirectoryLeadsElsewhereIsRefused(_ directory: String) {
        let text = #"{"groups":[{"controllers":[],"directory":"\#(directory)"}],"rootless":false}"#
        #expect(throws: JSONError.self) { try ContainerCgroup(json: try JSONNode(reading: Array(text.utf8))) }
    }
}
