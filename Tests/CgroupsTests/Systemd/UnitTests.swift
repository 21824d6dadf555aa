import OCISpec
import Testing

@testable import Cgroups

@Suite struct UnitNameTests {
    @Test(arguments: [
        ("machine.slice:libpod:1", "libpod-1.scope", "/machine.slice/libpod-1.scope"),
        ("system.slice:docker:1", "docker-1.scope", "/system.slice/docker-1.scope"),
        (":crio:1", "crio-1.scope", "/system.slice/crio-1.scope"),
        ("-.slice:a:b", "a-b.scope", "/a-b.scope"),
        ("a-b-c.slice:p:n", "p-n.scope", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope"),
        ("a.slice:p:a-pod.slice", "a-pod.slice", "/a.slice/a-pod.slice"),
    ])
    func aPathNamesSliceAndUnit(_ path: String, _ unit: String, _ group: String) throws {
        let name = try UnitName(path: path, id: "id", isUser: false)
        #expect(name.unit == unit)
        #expect(name.group == group)
    }

    @Test func withoutAPathTheScopeIsOurs() throws {
        #expect(try UnitName(path: nil, id: "c1", isUser: false).group == "/system.slice/martlet-c1.scope")
        #expect(try UnitName(path: "", id: "c1", isUser: true).group == "/user.slice/martlet-c1.scope")
    }

    @Test(arguments: [
        "/a/b", "a:b", "a.slice:b:c:d", "a:b:c", "a.slice:b:c/d", "a.slice:b/..:c", "a--b.slice:b:c", "-a.slice:b:c",
        "../x.slice:b:c", "a.slice:b:", "a.slice:b:c d", "a.slice:b:" + String(repeating: "c", count: 250),
        ".slice:b:c",
        "a.slice:b:x--y.slice",
    ])
    func aPathThatSystemdCantTakeIsRefused(_ path: String) {
        let error = #expect(throws: CgroupError.self) { try UnitName(path: path, id: "id", isUser: false) }
        #expect(error?.field == "linux.cgroupsPath")
    }
}

@Suite struct UnitPropertyTests {
    private func properties(_ unified: Bool, _ change: (inout LinuxResources) -> Void) throws -> [String: BusValue] {
        var resources = LinuxResources()
        resources.memory = LinuxResources.Memory()
        resources.cpu = LinuxResources.CPU()
        change(&resources)
        let list = try UnitProperties.resources(resources, unified: unified)
        return Dictionary(list.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    @Test func limitsOfVersion2HaveTheirProperties() throws {
        let made = try properties(true) {
            $0.memory?.limit = 1 << 20
            $0.memory?.swap = 3 << 20
            $0.memory?.reservation = 1 << 19
            $0.cpu?.shares = 1024
            $0.cpu?.cpus = "0-2,9"
            $0.cpu?.mems = "0"
            $0.pids = LinuxResources.PIDs(limit: 0)
            $0.unified = ["memory.high": "max", "io.max": "8:0 rbps=1", "memory.min": "4096"]
        }
        #expect(
            made == [
                "MemoryMax": .uint64(1 << 20), "MemorySwapMax": .uint64(2 << 20), "MemoryLow": .uint64(1 << 19),
                "CPUWeight": .uint64(100), "AllowedCPUs": .bytes([0b111, 0b10]), "AllowedMemoryNodes": .bytes([1]),
                "TasksMax": .uint64(1), "MemoryHigh": .uint64(.max), "MemoryMin": .uint64(4096),
            ])
    }

    @Test func limitsOfVersion1HaveTheirProperties() throws {
        let made = try properties(false) {
            $0.memory?.limit = 1 << 20
            $0.cpu?.shares = 512
            $0.cpu?.quota = 50_000
            $0.cpu?.period = 100_000
            $0.blockIO = LinuxResources.BlockIO()
            $0.blockIO?.weight = 500
        }
        #expect(
            made == [
                "MemoryLimit": .uint64(1 << 20), "CPUShares": .uint64(512), "CPUQuotaPeriodUSec": .uint64(100_000),
                "CPUQuotaPerSecUSec": .uint64(500_000), "BlockIOWeight": .uint64(500),
            ])
    }

    @Test(
        arguments: [
            (50_000, 100_000, 500_000), (150_000, nil, 1_500_000), (1001, 100_000, 20_000), (-1, 100_000, UInt64.max),
            (Int64.max, 1, UInt64.max), (1, UInt64.max, 0),
        ] as [(Int64, UInt64?, UInt64)])
    func aQuotaIsRoundedUpToWholePercents(_ quota: Int64, _ period: UInt64?, _ perSecond: UInt64) throws {
        for unified in [true, false] {
            let made = try properties(unified) {
                $0.cpu?.quota = quota
                $0.cpu?.period = period
            }
            #expect(made["CPUQuotaPerSecUSec"] == .uint64(perSecond))
            #expect(made["CPUQuotaPeriodUSec"] == period.map { .uint64($0) })
        }
    }

    @Test(arguments: ["", "-", "1-", "3-1", "a", "1,,x", "70000", "-1", "1-2-3"])
    func aListThatIsntOneIsRefused(_ text: String) { #expect(ProcessorMask.bytes(text) == nil) }

    @Test func devicesAreNamedAsSystemdNamesThem() throws {
        let rules = [
            LinuxDeviceRule(allow: true, type: .block, major: 8, access: [.read, .write]),
            LinuxDeviceRule(allow: true, type: .character, minor: 7),
        ]
        let made = try UnitProperties.devices(rules)
        #expect(made.map(\.name) == ["DevicePolicy", "DeviceAllow", "DeviceAllow"])
        #expect(made[0].value == .string("strict"))
        guard case .array("(ss)", let entries) = made[2].value else {
            Issue.record("no list")
            return
        }
        #expect(entries.first == .structure([.string("block-8"), .string("rw")]))
        #expect(entries.contains(.structure([.string("char-*"), .string("m")])))
        #expect(entries.contains(.structure([.string("/dev/char/1:3"), .string("rwm")])))
        #expect(entries.count == 1 + DeviceRules.always.count)
        #expect(try UnitProperties.devices([LinuxDeviceRule(allow: true)]).first?.value == .string("auto"))
    }
}

@Suite struct AnnotatedPropertyTests {
    @Test(
        arguments: [
            ("true", .boolean(true)), ("5", .int32(5)), ("-5", .int32(-5)), ("uint64 0x10", .uint64(16)),
            ("1.5", .double(1.5)),
            ("'it\\'s'", .string("it's")), ("\"a b\"", .string("a b")), (" int16  -3 ", .int16(-3)),
            ("byte 255", .byte(255)),
            ("@as []", .array(of: "s", [])), ("['a','b']", .array(of: "s", [.string("a"), .string("b")])),
            ("[uint64 1, 2]", .array(of: "t", [.uint64(1), .uint64(2)])), ("objectpath '/a'", .objectPath("/a")),
            ("[('a', 1)]", .array(of: "(si)", [.structure([.string("a"), .int32(1)])])),
            ("<'x'>", .variant(.string("x"))),
            ("@a(ss) [('a','b')]", .array(of: "(ss)", [.structure([.string("a"), .string("b")])])),
            ("[byte 1, 2]", .bytes([1, 2])),
        ] as [(String, BusValue)])
    func aTextIsAValue(_ text: String, _ value: BusValue) { #expect(VariantText.value(text) == value) }

    @Test(arguments: [
        "", "x", "'", "'a", "5 6", "[", "[]", "[1,]", "[1,'a']", "uint64 -1", "byte 256", "99999999999", "@as",
        "@zz []",
        "(1", "<1", "true false", "uint64 'a'", "objectpath 'a'", "'\\x'", "inf", "nan", "1.5.2",
        String(repeating: "[", count: 100), String(repeating: "@v <", count: 100), "uint64 uint64 5 6",
    ])
    func aTextThatIsNoValueIsRefused(_ text: String) { #expect(VariantText.value(text) == nil) }

    @Test(arguments: [
        ("ab", "true"), ("a_b", "true"), ("Delegate", "nonsense"), ("", "1"), ("StopSec", "'a'"), ("StopSec", "-1"),
        ("StopSec", "uint64 18446744073709551615"), ("StopSec", "1e30"),
    ])
    func anAnnotationThatMakesNoSenseIsRefusedByName(_ name: String, _ value: String) {
        let error = #expect(throws: CgroupError.self) {
            try AnnotatedProperties.list(["org.systemd.property.\(name)": value])
        }
        #expect(error?.field == "annotations[\"org.systemd.property.\(name)\"]")
    }

    @Test func onlySecondsBehindALowerCaseLetterAreConverted() throws {
        let made = try AnnotatedProperties.list([
            "org.systemd.property.RuntimeMaxUSec": "uint64 7", "org.systemd.property.TimeoutStopSec": "1.5",
        ])
        #expect(
            made == [UnitProperty("RuntimeMaxUSec", .uint64(7)), UnitProperty("TimeoutStopUSec", .uint64(1_500_000))])
    }
}
