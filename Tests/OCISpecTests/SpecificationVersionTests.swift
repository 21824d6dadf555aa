import JSON
import OCISpec
import Testing

@Suite struct SpecificationVersionTests {
    @Test(arguments: [
        ("1.0.2", 1, 0), ("1.0.2-dev", 1, 0), ("1.2.1", 1, 2), ("1.3.0", 1, 3), ("1.10.0-rc.1", 1, 10), ("1.", 1, 0),
        ("", 1, 0), ("1.99999999999", 1, 0),
    ])
    func majorAndMinorAreRead(text: String, major: UInt32, minor: UInt32) {
        #expect(SpecificationVersion(text) == SpecificationVersion(major: major, minor: minor))
    }

    @Test func versionsAreInOrder() {
        #expect(SpecificationVersion("1.0.2") < .warnsOfCapabilities)
        #expect(SpecificationVersion("1.1.0") >= .warnsOfCapabilities)
        #expect(SpecificationVersion("1.2.1") < .endsByPoststart)
        #expect(SpecificationVersion("1.10.0") > .endsByPoststart)
        #expect(SpecificationVersion("2.0.0") > SpecificationVersion("1.99.0"))
    }

    @Test(
        arguments: [("1.0.2-dev", 0, nil), ("1.2.1", 7, 7), ("1.2.1", -1, -1), ("1.3.0", 0, 0)]
            as [(String, Int64, Int64?)])
    func aLimitOfNoTasksIsNoneBeforeItWasSpecified(version: String, written: Int64, meant: Int64?) throws {
        let text = #"{"pids": {"limit": \#(written)}}"#
        var resources = try LinuxResources(json: JSONNode(JSONValue(reading: Array(text.utf8))))
        resources.leaveOutUnset(by: SpecificationVersion(version))
        #expect(resources.pids?.limit == meant)
    }
}
