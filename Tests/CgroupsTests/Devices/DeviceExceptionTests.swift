import OCISpec
import Testing

@testable import Cgroups

private func lines(_ rules: [LinuxDeviceRule], after list: String? = nil) throws -> [String] {
    let current = list.flatMap { DeviceExceptions(list: $0) }
    return try DeviceExceptions(DeviceRules(rules)).changes(from: current).map { ($0.isAllowed ? "+" : "-") + $0.text }
}

private let always = [
    "+c *:* m", "+b *:* m", "+c 1:3 rwm", "+c 1:5 rwm", "+c 1:7 rwm", "+c 1:8 rwm", "+c 1:9 rwm", "+c 5:0 rwm",
    "+c 5:1 rwm", "+c 5:2 rwm", "+c 136:* rwm", "+c 10:200 rwm",
]

@Suite struct DeviceExceptionTests {
    @Test func aNewGroupRefusesAllAndThenAllowsTheExceptions() throws {
        #expect(try lines([]) == ["-a"] + always)
        let disk = LinuxDeviceRule(allow: true, type: .block, major: 8, access: [.read, .write])
        #expect(try lines([LinuxDeviceRule(allow: false), disk]) == ["-a", "+b 8:* rw"] + always)
    }

    @Test func theRuleForEverythingForgetsWhatCameBefore() throws {
        let disk = LinuxDeviceRule(allow: true, type: .block, major: 8)
        #expect(try lines([disk, LinuxDeviceRule(allow: false)]) == ["-a"] + always)
        #expect(try lines([disk, LinuxDeviceRule(allow: true)]) == ["+a"])
    }

    @Test func theTypeForAllWithNumbersIsWrittenForBothKinds() throws {
        let both = LinuxDeviceRule(allow: true, major: 9, access: .read)
        #expect(try lines([both]) == ["-a", "+b 9:* r", "+c 9:* r"] + always)
    }

    @Test func aPartOfAnExceptionCantBeTakenOut() {
        let error = #expect(throws: CgroupError.self) {
            try lines([
                LinuxDeviceRule(allow: true, type: .block, major: 8),
                LinuxDeviceRule(allow: false, type: .block, major: 8, minor: 1),
            ])
        }
        #expect(error?.field == "linux.resources.devices[1]")
        #expect(error?.description.contains("can't take b 8:1 out of b 8:* rwm") == true)
    }

    @Test func aWholeExceptionCanBeTakenOut() throws {
        let rules = [
            LinuxDeviceRule(allow: true, type: .block, major: 8, minor: 1),
            LinuxDeviceRule(allow: false, type: .block, major: 8, access: .write),
        ]
        #expect(try lines(rules) == ["-a", "+b 8:1 rm"] + always)
    }

    @Test func anUpdateWritesOnlyWhatChanges() throws {
        let list = always.map { $0.dropFirst() }.joined(separator: "\n") + "\nb 8:* rw\nb 7:1 rwm\n"
        let rules = [LinuxDeviceRule(allow: true, type: .block, major: 8, access: [.read, .mknod])]
        #expect(try lines(rules, after: list) == ["+b 8:* m", "-b 7:1 rwm", "-b 8:* w"].sorted(by: order))
    }

    /// Gains first, then losses in the order of the list.
    private func order(_ left: String, _ right: String) -> Bool {
        let places = ["+b 8:* m": 0, "-b 8:* w": 1, "-b 7:1 rwm": 2]
        return (places[left] ?? 3) < (places[right] ?? 3)
    }

    @Test func anUpdateOfAGroupThatAllowsOthersBeginsAnew() throws {
        #expect(try lines([], after: "a *:* rwm\n") == ["-a"] + always)
        #expect(try lines([LinuxDeviceRule(allow: true)], after: "c 1:3 rwm\n") == ["+a"])
    }

    @Test func aListThatIsntTheKernelsIsNotBelieved() {
        for list in ["c 1:3", "d 1:3 rwm", "c x:3 rwm", "c 1:3 rwx", "c 1:99999999999 r"] {
            #expect(DeviceExceptions(list: list) == nil, "\(list)")
        }
        #expect(DeviceExceptions(list: "")?.exceptions.isEmpty == true)
    }
}
