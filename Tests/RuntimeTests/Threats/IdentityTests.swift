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

    /// A container whose root has accounts; each of the files that `huge` names is a gigabyte, none of it on the disk.
    private func accounts(_ guest: Guest, _ words: [String], user: JSONValue = 0, huge: [String] = []) throws
        -> Container
    {
        let container = try runtime.bundle(guest) {
            $0.arguments += words
            $0.process["user"] = ["uid": user, "gid": 0]
        }
        _ = try runtime.directory("\(container.id)/rootfs/etc")
        try runtime.file("\(container.id)/rootfs/etc/passwd", "web:x:33:34::/home:\n")
        try runtime.file("\(container.id)/rootfs/etc/group", "extra:x:77:web\n")
        for name in huge {
            let path = "\(container.root)/etc/\(name)"
            try #require(runtime.other("/usr/bin/truncate", "--size", "1G", path).code == 0)
        }
        return container
    }

    /// What a container looks up in its root is a home directory; who enters one is a number (`aUserOfExecThatIsNoneIsRefused`).
    @Test(arguments: [[], ["passwd"], ["group"]]) func aHugeListOfUsersIsNotReadToItsEnd(huge: [String]) throws {
        let container = try accounts(.native, ["env"], user: 33, huge: huge)
        let began = Date()
        let outcome = try container.run()
        #expect(outcome.lines.contains(huge == ["passwd"] ? "HOME=/" : "HOME=/home"), "\(outcome)")
        let resting = try accounts(.native, ["rest"], user: 33, huge: huge)
        _ = try resting.launch()
        let executed = try resting("exec", "--user", "33:34", then: ["/guest", "identity"])
        #expect(executed.output.hasPrefix("33 34 "), "\(executed)")
        #expect(Date().timeIntervalSince(began) < 5)
    }

    /// Names are looked up for `martlet run --user`.
    @Test func aHugeListOfGroupsIsNotReadToItsEnd() throws {
        let run = { (user: String, huge: [String]) in
            let bundle = try self.accounts(.wasm, ["args", "ran"], huge: huge).bundle
            return try Running.start([self.runtime.martlet, "run", "--user", user, bundle], in: self.runtime.folder)
                .wait()
        }
        for user in ["web", "web:extra", "33:extra"] {
            #expect(try run(user, []).output == "ran\n")
            for name in ["passwd", "group"] {
                let began = Date()
                let outcome = try run(user, [name])
                #expect(outcome.code == 125 && outcome.output.isEmpty, "\(outcome)")
                #expect(outcome.error.contains("/etc/\(name) of the image: larger than"), "\(outcome)")
                #expect(Date().timeIntervalSince(began) < 5)
            }
        }
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
    }

    /// A native program beside a guest, and what a zygote started, have no other rights.
    @Test func soTheyAreBesideAGuestAndByAZygote() throws {
        let zygote = try Zygote(runtime)
        defer { zygote.running.kill() }
        let wanted: JSONValue = ["CAP_KILL", "CAP_CHOWN"]
        let capabilities: JSONValue = ["bounding": wanted, "effective": wanted, "permitted": wanted]
        func expectNone(_ status: String, bounding: String) {
            let lines = status.split(separator: "\n")
            for set in ["CapInh", "CapAmb"] { #expect(lines.contains("\(set):\t0000000000000000"), "\(status)") }
            #expect(lines.contains("CapBnd:\t\(bounding)"), "\(status)")
        }
        for options in [[], ["--zygote", zygote.socket]] {
            let native = try runtime.bundle(.native, "read", "/proc/self/status") {
                $0.process["capabilities"] = capabilities
            }
            let outcome = try native.start("run", ["--bundle", native.bundle] + options).wait()
            expectNone(outcome.output, bounding: "0000000000000021")
            let container = try runtime.bundle(.wasm, "rest") { $0.process["capabilities"] = capabilities }
            try #require(container.start("create", ["--bundle", container.bundle] + options).wait().code == 0)
            try #require(container("start").code == 0)
            let process = OtherProcess(try container.process())
            #expect(Machine.wait { process("status").contains("CapBnd:\t0000000000000000") })
            expectNone(process("status"), bounding: "0000000000000000")
            let beside = try container("exec", then: ["/guest", "read", "/proc/self/status"])
            expectNone(beside.output, bounding: "0000000000000021")
            let added = try container("exec", "--cap", "CAP_NET_ADMIN", then: ["/guest", "read", "/proc/self/status"])
            expectNone(added.output, bounding: "0000000000001021")
            // Another guest in the same container has none at all.
            let number = runtime.path("pid-\(UUID().uuidString)")
            let running = try container.start("exec", ["--pid-file", number], then: [Guest.wasm.path, "rest"])
            #expect(running.wrote("ready"))
            let guest = OtherProcess(try #require(Int32(Machine.text(of: number))))
            expectNone(guest("status"), bounding: "0000000000000000")
            #expect(try container("delete", "--force").code == 0)
            _ = try running.wait()
        }
    }

    @Test func inheritableAndAmbientSetsAreThoseOfTheConfiguration() throws {
        let asked = try runtime.bundle(.native, "read", "/proc/self/status") {
            let wanted: JSONValue = ["CAP_KILL"]
            $0.process["capabilities"] = [
                "bounding": wanted, "effective": wanted, "permitted": wanted, "inheritable": wanted, "ambient": wanted,
            ]
        }.run()
        #expect(asked.output.contains("CapAmb:\t0000000000000020"), "\(asked)")
        let resting = try runtime.bundle(.native, "rest")
        _ = try resting.launch()
        let process = try runtime.file(
            "process.json",
            """
            {"args": ["/guest", "read", "/proc/self/status"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "capabilities": {
              "bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}}
            """)
        let executed = try resting("exec", "--process", process)
        #expect(executed.output.contains("CapAmb:\t0000000000000020"), "\(executed)")
    }
}
