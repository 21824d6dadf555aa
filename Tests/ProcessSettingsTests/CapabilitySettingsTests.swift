import FieldErrors
import JSON
import OCISpec
import ProbeRunner
import SystemCalls
import Testing

@testable import ProcessSettings

@Suite struct CapabilitySettingsTests {
    private func status(_ capabilities: JSONValue?, user: Int64 = 1000, _ more: (String, JSONValue)...) throws
        -> ProbeProcess.Report
    {
        var members: [(String, JSONValue)] = [("user", ["uid": .integer(user), "gid": .integer(user)])]
        if let capabilities { members.append(("capabilities", capabilities)) }
        guard case .object(var object) = process(["cat", "/proc/self/status"]) else { throw Missing() }
        for (key, value) in members + more { object[key] = value }
        return try ProbeProcess.run(configuration(process: .object(object)))
    }

    struct Missing: Error {}

    private func sets(_ report: ProbeProcess.Report) -> [String: String] {
        var sets: [String: String] = [:]
        for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            sets[name] = report.value(name, ":").map { String($0.drop { $0 == "0" }) }
        }
        return sets
    }

    @Test(.enabled(if: Machine.isRoot), arguments: [0, 1000] as [Int64])
    func withoutCapabilitiesThereAreNone(_ user: Int64) throws {
        let report = try status(nil, user: user)
        #expect(sets(report) == ["CapInh": "", "CapPrm": "", "CapEff": "", "CapBnd": "", "CapAmb": ""], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func rootHasExactlyWhatIsBounding() throws {
        let asked: JSONValue = ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_CHECKPOINT_RESTORE"]
        let report = try status(["bounding": asked, "permitted": asked, "effective": ["CAP_CHOWN"]], user: 0)
        let all = "10000000401"
        #expect(
            sets(report) == ["CapInh": "", "CapPrm": all, "CapEff": all, "CapBnd": all, "CapAmb": ""], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func anAmbientCapabilityIsLeftToAUser() throws {
        let asked: JSONValue = ["CAP_NET_RAW"]
        let report = try status([
            "bounding": ["CAP_NET_RAW", "CAP_KILL"], "permitted": asked, "effective": asked, "inheritable": asked,
            "ambient": asked,
        ])
        let raw = "2000"
        #expect(
            sets(report) == ["CapInh": raw, "CapPrm": raw, "CapEff": raw, "CapBnd": "2020", "CapAmb": raw], "\(report)")
    }

    @Test(.enabled(if: Machine.isRoot)) func nothingIsInheritableThatWasNotAskedFor() throws {
        let asked: JSONValue = ["CAP_NET_RAW"]
        let report = try status(["bounding": asked, "permitted": asked, "effective": asked, "ambient": asked])
        #expect(
            sets(report) == ["CapInh": "", "CapPrm": "", "CapEff": "", "CapBnd": "2000", "CapAmb": ""], "\(report)")
        #expect(report.value("warning") == nil, "the configuration itself says that it isn't ambient")
    }

    @Test(.enabled(if: Machine.isRoot && Tool.has("/usr/sbin/capsh"), "needs capsh"))
    func whatTheRuntimeLacksIsAWarning() throws {
        let asked: JSONValue = ["CAP_SYS_BOOT", "CAP_CHOWN"]
        let report = try ProbeProcess.run(
            configuration(
                process: process(
                    ["cat", "/proc/self/status"],
                    ("capabilities", ["bounding": asked, "permitted": asked, "effective": asked]))),
            under: ["/usr/sbin/capsh", "--drop=cap_sys_boot", "--shell=/usr/bin/env", "--"])
        #expect(report.value("warning")?.contains("CAP_SYS_BOOT") == true, "\(report)")
        #expect(sets(report)["CapEff"] == "1", "\(report)")
        #expect(report.end == .exited(.code(0)))
    }

    @Test(arguments: ["bounding", "effective", "inheritable", "permitted", "ambient"])
    func aNameThatNobodyKnowsIsRefusedOrLeftOutByTheVersion(_ set: String) throws {
        var capabilities = RuntimeProcess.Capabilities(permitted: ["CAP_CHOWN", "CAP_KILL"])
        let names = ["CAP_CHOWN", "CAP_KILL", "CAP_TEST"]
        switch set {
        case "bounding": capabilities.bounding = names
        case "effective": capabilities.effective = names
        case "inheritable": capabilities.inheritable = names
        case "permitted": capabilities.permitted = names
        default: capabilities.ambient = names
        }
        let error = #expect(throws: FieldError.self) {
            try CapabilitySettings(capabilities, version: SpecificationVersion("1.0.2"))
        }
        #expect(error?.description == "process.capabilities.\(set)[2]: no capability is named \"CAP_TEST\"")
        #expect(try CapabilitySettings(capabilities, version: SpecificationVersion("1.1.0")).unknown == ["CAP_TEST"])
    }

    @Test func anEffectiveCapabilityMustBePermitted() throws {
        let error = #expect(throws: FieldError.self) {
            try CapabilitySettings(.init(effective: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"]))
        }
        #expect(error?.description == "process.capabilities.effective[1]: CAP_CHOWN isn't in the permitted set")
    }

    @Test func everyCapabilityOfThisKernelHasAName() throws {
        let text = try Files.contents(of: "/proc/sys/kernel/cap_last_cap", limit: 100)
        let last = Int(String(decoding: text, as: UTF8.self).split(separator: "\n")[0])
        #expect(try #require(last) < CapabilitySet.names.count)
        #expect(CapabilitySet(name: "CAP_SYS_ADMIN")?.numbers == [21])
    }
}
