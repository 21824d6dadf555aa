import Foundation
import JSON
import SystemCalls
import Testing

/// THREATS: ids that wrap (CVE-2024-40635), lengths that wrap (CVE-2021-43784), inheritable capabilities (CVE-2022-29162).
@Suite("Identities", .enabled(if: Machine.isRoot, "\(Machine.needsRoot)"), .timeLimit(.minutes(3)))
struct IdentityTests {
    let runtime: Runtime

    init() throws { runtime = try Runtime() }

    @Test(arguments: [
        JSONValue.integer(4_294_967_296), 4_294_967_295, -1, .double(1.5), "0", .unsigned(.max), .double(1e300),
    ])
    func aUserThatIsNoneIsRefused(user: JSONValue) throws {
        for (field, change): (String, JSONObject) in [
            ("process.user.uid", ["uid": user, "gid": 0]), ("process.user.gid", ["uid": 0, "gid": user]),
            ("process.user.additionalGids", ["uid": 0, "gid": 0, "additionalGids": [user]]),
        ] {
            for guest in Guest.allCases {
                let container = try runtime.bundle(guest, "exit", "0") { $0.process["user"] = .object(change) }
                let outcome = try container.run()
                #expect(outcome.code != 0 && outcome.error.contains(field), "\(outcome)")
            }
        }
    }

    @Test(arguments: [
        "4294967296", "4294967295", "-1", "1:4294967296", "99999999999999999999", "0x10", " 1", "1:2:3", ":",
    ])
    func aUserOfExecThatIsNoneIsRefused(user: String) throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try container.launch()
        let outcome = try container("exec", "--user", user, then: ["/guest", "identity"])
        #expect(outcome.code != 0 && outcome.output.isEmpty, "\(outcome)")
    }

    @Test(arguments: [JSONValue.integer(4_294_967_296), 4_294_967_295, -1])
    func aMappingThatWrapsIsRefused(number: JSONValue) throws {
        for member in ["containerID", "hostID", "size"] {
            let container = try runtime.bundle(.native, "exit", "0") {
                var mapping: JSONObject = ["containerID": 0, "hostID": 100_000, "size": 1000]
                mapping[member] = number
                $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "user"])
                $0.linux["uidMappings"] = [.object(mapping)]
                $0.linux["gidMappings"] = [.object(mapping)]
            }
            let outcome = try container.create()
            #expect(outcome.code != 0 && outcome.error.contains("Mappings"), "\(outcome)")
        }
    }

    @Test func mappingsWithoutEndAreRefusedInOneLine() throws {
        let container = try runtime.bundle(.native, "exit", "0") {
            $0.linux["namespaces"] = BundleConfiguration.namespaces(["pid", "mount", "user"])
            let many: [JSONValue] = (0..<20_000).map {
                ["containerID": .integer($0), "hostID": .integer(100_000 + $0), "size": 1]
            }
            $0.linux["uidMappings"] = .array(many)
            $0.linux["gidMappings"] = .array(many)
        }
        let outcome = try container.create()
        #expect(outcome.code != 0 && outcome.error.count < 1000, "\(outcome)")
    }

    @Test func aHugeListOfGroupsIsNotReadToItsEnd() throws {
        let container = try runtime.bundle(.native, "rest")
        _ = try runtime.directory("\(container.id)/rootfs/etc")
        for name in ["group", "passwd"] {
            let file = try Files.open("\(container.root)/etc/\(name)", flags: [.writeOnly, .create], mode: 0o644)
            try Files.writeAll(file.rawValue, Array("root:x:0:\n".utf8))
            // A gigabyte, none of it on the disk.
            _ = try runtime.other("/usr/bin/truncate", "--size", "1G", "\(container.root)/etc/\(name)")
        }
        _ = try container.launch()
        let began = Date()
        _ = try container("exec", "--user", "nobody", then: ["/guest", "identity"])
        let outcome = try container("exec", "--user", "1:1", then: ["/guest", "identity"])
        #expect(Date().timeIntervalSince(began) < 5, "\(outcome)")
    }

    @Test func inheritableAndAmbientSetsAreEmptyUnlessAskedFor() throws {
        let container = try runtime.bundle(.native, "rest") {
            let wanted: JSONValue = ["CAP_KILL"]
            $0.process["capabilities"] = ["bounding": wanted, "effective": wanted, "permitted": wanted]
        }
        _ = try container.launch()
        for words in [["/guest", "read", "/proc/self/status"], ["/guest", "read", "/proc/1/status"]] {
            for options in [[], ["--cap", "CAP_NET_ADMIN"]] {
                let outcome = try container.start("exec", options, then: words).wait()
                #expect(outcome.output.contains("CapInh:\t0000000000000000"), "\(outcome)")
                #expect(outcome.output.contains("CapAmb:\t0000000000000000"), "\(outcome)")
            }
        }
        let asked = try runtime.bundle(.native, "read", "/proc/self/status") {
            let wanted: JSONValue = ["CAP_KILL"]
            $0.process["capabilities"] = [
                "bounding": wanted, "effective": wanted, "permitted": wanted, "inheritable": wanted, "ambient": wanted,
            ]
        }.run()
        #expect(asked.output.contains("CapAmb:\t0000000000000020"), "\(asked)")
    }
}
