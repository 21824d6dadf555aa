import Foundation
import JSON
import OCISpec
import SystemCalls
import Testing

@testable import Cgroups

/// resctrl is a file system of few machines: plain files stand for it here.
@Suite final class ResourceControlTests {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent("rdt-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private func asked(_ text: String) throws -> LinuxIntelRdt {
        try LinuxIntelRdt(json: JSONNode(reading: Array(text.utf8)))
    }

    private func text(_ path: String) -> String? { try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

    private func makeClass(_ name: String, schemata: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(root)/\(name)/mon_groups", withIntermediateDirectories: true)
        try schemata.write(toFile: "\(root)/\(name)/schemata", atomically: false, encoding: .utf8)
    }

    @Test func itIsFoundInTheTableOfMounts() {
        let table = """
            22 1 0:20 / /sys rw,nosuid shared:2 - sysfs sysfs rw
            90 22 0:50 / /mnt/rdt rw,relatime shared:9 - resctrl resctrl rw
            """
        #expect(ResourceControlGroup.root(mountTable: table) == "/mnt/rdt")
        #expect(ResourceControlGroup.root(mountTable: "22 1 0:20 / /sys rw - sysfs sysfs rw\n\nresctrl\n") == nil)
    }

    @Test func withoutItTheFieldIsNamed() throws {
        let error = #expect(throws: CgroupError.self) {
            try ResourceControlGroup(self.asked("{}"), id: "c", root: nil)
        }
        #expect(error?.field == "linux.intelRdt")
    }

    @Test func aContainerWithoutAClassGetsOneThatGoesWithIt() throws {
        let asked = try asked(#"{"l3CacheSchema":"L3:0=f","memBwSchema":"MB:0=20","schemata":["L2:0=3"]}"#)
        let group = try ResourceControlGroup(asked, id: "c", root: root)
        #expect(group.isOwn && group.directory == "\(root)/c" && text("c/tasks") == nil, "nothing is made yet")
        try group.make(asked, process: 7)
        #expect(text("c/schemata") == "L3:0=f\nMB:0=20\nL2:0=3\n")
        #expect(text("c/tasks") == "7")
        #expect(try ResourceControlGroup(json: JSONNode(group.json)) == group)
        for file in ["schemata", "tasks"] { try FileManager.default.removeItem(atPath: "\(root)/c/\(file)") }
        try group.remove()
        #expect(!FileManager.default.fileExists(atPath: group.directory))
        try group.remove()
    }

    @Test func aClassOfOthersStays() throws {
        try makeClass("shared", schemata: "    L3:0=00f;1=0ff\n    MB:0=100;1= 20\n")
        let asked = try asked(#"{"closID":"shared","l3CacheSchema":"L3:1=FF","memBwSchema":"MB:1=20"}"#)
        let group = try ResourceControlGroup(asked, id: "c", root: root)
        try group.make(asked, process: 7)
        #expect(!group.isOwn && text("shared/tasks") == "7")
        try group.remove()
        #expect(FileManager.default.fileExists(atPath: group.directory))
    }

    @Test(arguments: [
        (#"{"closID":"absent"}"#, "closID"), (#"{"closID":"shared","l3CacheSchema":"L3:0=7"}"#, "l3CacheSchema"),
        (#"{"closID":"shared","memBwSchema":"MB:0=10"}"#, "memBwSchema"),
    ])
    func whatAClassIsNotIsRefused(document: String, field: String) throws {
        try makeClass("shared", schemata: "L3:0=f\n")
        let error = #expect(throws: CgroupError.self) {
            try ResourceControlGroup(self.asked(document), id: "c", root: self.root)
        }
        #expect(error?.field == "linux.intelRdt.\(field)")
    }

    @Test func theSchemataAreChangedInTheContainersClass() throws {
        let group = try ResourceControlGroup(asked(#"{"l3CacheSchema":"L3:0=f"}"#), id: "c", root: root)
        try group.make(asked("{}"), process: 7)
        try group.update(asked(#"{"l3CacheSchema":"L3:0=3","memBwSchema":"MB:0=20"}"#))
        #expect(text("c/schemata") == "L3:0=3\nMB:0=20\n")
        // The kernel leaves alone what isn't written.
        try group.update(asked("{}"))
        #expect(text("c/schemata") == "L3:0=3\nMB:0=20\n" && text("c/tasks") == "7")
    }

    @Test func monitoringHasAGroupOfTheContainersOwn() throws {
        try makeClass("shared", schemata: "L3:0=f\n")
        let asked = try asked(#"{"closID":"shared","enableMonitoring":true}"#)
        let group = try ResourceControlGroup(asked, id: "c", root: root)
        try group.make(asked, process: 7)
        #expect(text("shared/mon_groups/c/tasks") == "7" && text("shared/schemata") == "L3:0=f\n")
        try FileManager.default.removeItem(atPath: "\(root)/shared/mon_groups/c/tasks")
        try group.remove()
        #expect(!FileManager.default.fileExists(atPath: "\(root)/shared/mon_groups/c"))
        #expect(FileManager.default.fileExists(atPath: "\(root)/shared"))
    }

    @Test func theRootIsTheClassOfAll() throws {
        let asked = try asked(#"{"closID":"/"}"#)
        let group = try ResourceControlGroup(asked, id: "c", root: root)
        try group.make(asked, process: 7)
        #expect(text("tasks") == "7" && !group.isOwn)
    }

    @Test func whatTheKernelSaysIsTold() throws {
        try makeClass("shared", schemata: "")
        try FileManager.default.createDirectory(atPath: "\(root)/info", withIntermediateDirectories: true)
        try "mask is too wide\n".write(toFile: "\(root)/info/last_cmd_status", atomically: false, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: "\(root)/shared/tasks", withIntermediateDirectories: true)
        let asked = try asked(#"{"closID":"shared"}"#)
        let group = try ResourceControlGroup(asked, id: "c", root: root)
        let error = #expect(throws: CgroupError.self) { try group.make(asked, process: 7) }
        #expect(error?.description.contains("mask is too wide") == true, "\(String(describing: error))")
    }
}
