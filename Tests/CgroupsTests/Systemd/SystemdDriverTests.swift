import OCISpec
import SystemCalls
import Testing

@testable import Cgroups

private let unit = SystemdUnit(
    name: "libpod-1.scope", slice: "machine.slice", group: "/machine.slice/libpod-1.scope", belongsToUser: false)

/// The properties of a call, by their names; of several of one name the last.
private func properties(_ call: BusMessage?, at place: Int) throws -> [String: BusValue] {
    guard let arguments = try call?.arguments(), arguments.count > place, case .array(_, let list) = arguments[place]
    else { return [:] }
    var result: [String: BusValue] = [:]
    for case .structure(let pair) in list {
        if let name = pair[0].text, case .variant(let value) = pair[1] { result[name] = value }
    }
    return result
}

private func start(
    _ bus: [BusAddress], resources: LinuxResources? = nil, unified: Bool = true, annotations: [String: String] = [:]
) throws(CgroupError) {
    try SystemdDriver.start(
        unit, process: 4711, resources: resources, unified: unified, annotations: annotations, addresses: bus)
}

@Suite(.serialized) struct SystemdDriverTests {
    @Test func aScopeIsMadeWithTheProcessInside() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus { try systemd.serve(&$0) }
        try start([bus.address])
        bus.finish()
        let seen = systemd.seen
        #expect(seen.calls.compactMap(\.member) == ["Hello", "GetNameOwner", "AddMatch", "StartTransientUnit"])
        let call = try #require(seen.named("StartTransientUnit").first)
        #expect(call.signature == "ssa(sv)a(sa(sv))")
        #expect(call.destination == "org.freedesktop.systemd1")
        #expect(try call.arguments()[..<2] == [.string("libpod-1.scope"), .string("replace")])
        let made = try properties(call, at: 2)
        #expect(made["Slice"] == .string("machine.slice"))
        #expect(made["PIDs"] == .array(of: "u", [.uint32(4711)]))
        #expect(made["Delegate"] == .boolean(true))
        #expect(made["DefaultDependencies"] == .boolean(false))
        #expect(made["MemoryAccounting"] == .boolean(true))
    }

    @Test func systemdItselfIsAskedWithoutNames() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus { try systemd.serve(&$0) }
        try start([bus.privateAddress])
        bus.finish()
        #expect(systemd.seen.calls.compactMap(\.member) == ["StartTransientUnit"])
        // Nobody else is there; systemd's own client says it all the same.
        #expect(systemd.seen.calls.first?.destination == "org.freedesktop.systemd1")
    }

    @Test func aProcessFromElsewhereIsPutIntoTheUnitOrBelow() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus([{ try systemd.serve(&$0) }, { try systemd.serve(&$0) }])
        for group in ["", "/inner"] {
            try SystemdDriver.attach(unit, process: 4711, group: group, addresses: [bus.address])
        }
        bus.finish()
        let calls = try systemd.seen.named("AttachProcessesToUnit").map { try $0.arguments() }
        #expect(
            calls == ["", "/inner"].map { [.string("libpod-1.scope"), .string($0), .array(of: "u", [.uint32(4711)])] })
        let error = #expect(throws: CgroupError.self) {
            try SystemdDriver.attach(unit, process: 0, group: "", addresses: [bus.address])
        }
        #expect(error?.description.contains("libpod-1.scope") == true)
    }

    @Test func aProcessThatSystemdDoesNotTakeIsAnError() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "AttachProcessesToUnit" else { return false }
            try peer.send(try BusMessage.error("org.freedesktop.DBus.Error.AccessDenied", "no", to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        let error = #expect(throws: CgroupError.self) {
            try SystemdDriver.attach(unit, process: 4711, group: "", addresses: [bus.address])
        }
        #expect(error?.description.contains("putting a process into libpod-1.scope: no") == true)
    }

    @Test func aJobThatFailsIsAnError() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StartTransientUnit" else { return false }
            try FakeSystemd.runJob(call, &peer, result: "failed")
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        let error = #expect(throws: CgroupError.self) { try start([bus.address]) }
        #expect(error?.description.contains("the job of libpod-1.scope ended as \"failed\"") == true)
    }

    @Test func onlySystemdIsBelievedAboutJobs() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StartTransientUnit" else { return false }
            try peer.send(try BusMessage.answer(to: call, [.objectPath("/job/1")]).encoded())
            for result in ["failed", "done"] {
                let sender = result == "done" ? FakeSystemd.owner : ":1.666"
                try peer.send(try BusMessage.jobRemoved("/job/1", unit: "x", result, sender: sender).encoded())
            }
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        try start([bus.address])
    }

    @Test func theRestOfAFailedUnitIsForgottenAndTheUnitMadeAgain() throws {
        let tries = Mutex(0)
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StartTransientUnit",
                tries.withLock({
                    $0 += 1; return $0
                }) == 1
            else { return false }
            try peer.send(try BusMessage.error("org.freedesktop.systemd1.UnitExists", "exists", to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        try start([bus.address])
        bus.finish()
        #expect(
            systemd.seen.calls.compactMap(\.member).filter { $0 != "AddMatch" }
                == ["Hello", "GetNameOwner", "StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"])
    }

    @Test func aUnitThatStaysIsAnError() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StartTransientUnit" else { return false }
            try peer.send(try BusMessage.error("org.freedesktop.systemd1.UnitExists", "it exists", to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        let error = #expect(throws: CgroupError.self) { try start([bus.address]) }
        #expect(error?.description.contains("it exists (org.freedesktop.systemd1.UnitExists)") == true)
    }

    @Test func aPropertyThatAnOlderSystemdDoesntKnowIsLeftOut() throws {
        let systemd = FakeSystemd { call, peer in
            let known = try properties(call, at: 2)
            guard let missing = ["AllowedCPUs", "MemoryMax"].first(where: { known[$0] != nil }) else { return false }
            let text = "Cannot set property \(missing), or unknown property."
            try peer.send(try BusMessage.error("org.freedesktop.DBus.Error.PropertyReadOnly", text, to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        var resources = LinuxResources()
        resources.cpu = LinuxResources.CPU()
        resources.cpu?.cpus = "0"
        resources.memory = LinuxResources.Memory()
        resources.memory?.limit = 1 << 20
        resources.pids = LinuxResources.PIDs(limit: 5)
        try start([bus.address], resources: resources)
        bus.finish()
        let starts = systemd.seen.named("StartTransientUnit")
        #expect(starts.count == 3)
        let last = try properties(starts.last, at: 2)
        #expect(last["TasksMax"] == .uint64(5))
        #expect(last["Slice"] != nil)
    }

    @Test func anAnnotationThatSystemdDoesntKnowIsAnError() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StartTransientUnit" else { return false }
            let text = "Cannot set property Nonsense, or unknown property."
            try peer.send(try BusMessage.error("org.freedesktop.DBus.Error.PropertyReadOnly", text, to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        let error = #expect(throws: CgroupError.self) {
            try start([bus.address], annotations: ["org.systemd.property.Nonsense": "true"])
        }
        #expect(error?.description.contains("Cannot set property Nonsense") == true)
    }

    @Test func annotationsBecomeProperties() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus { try systemd.serve(&$0) }
        try start(
            [bus.address],
            annotations: [
                "org.systemd.property.TimeoutStopSec": "uint64 5", "org.systemd.property.CollectMode": "'inactive'",
                "org.systemd.property.After": "['a.service', 'b.service']", "other": "x",
            ])
        bus.finish()
        let made = try properties(systemd.seen.named("StartTransientUnit").first, at: 2)
        #expect(made["TimeoutStopUSec"] == .uint64(5_000_000))
        #expect(made["CollectMode"] == .string("inactive"))
        #expect(made["After"] == .array(of: "s", [.string("a.service"), .string("b.service")]))
    }

    @Test func anUpdateSetsOnlyWhatWasAskedFor() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus { try systemd.serve(&$0) }
        var resources = LinuxResources()
        resources.pids = LinuxResources.PIDs(limit: -1)
        try SystemdDriver.update(unit, resources: resources, unified: true, addresses: [bus.address])
        // Nothing to say: nobody is asked.
        try SystemdDriver.update(unit, resources: LinuxResources(), unified: true, addresses: [])
        bus.finish()
        let call = try #require(systemd.seen.named("SetUnitProperties").first)
        #expect(try call.arguments()[..<2] == [.string("libpod-1.scope"), .boolean(true)])
        #expect(try properties(call, at: 2) == ["TasksMax": .uint64(.max)])
    }

    @Test func aUnitIsStoppedAndForgotten() throws {
        let systemd = FakeSystemd()
        let bus = try FakeBus { try systemd.serve(&$0) }
        try SystemdDriver.stop(unit, addresses: [bus.address])
        bus.finish()
        #expect(
            systemd.seen.calls.compactMap(\.member)
                == ["Hello", "GetNameOwner", "AddMatch", "StopUnit", "ResetFailedUnit"])
    }

    @Test func aUnitThatIsGoneIsNoError() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "StopUnit" || call.member == "ResetFailedUnit" else { return false }
            try peer.send(try BusMessage.error("org.freedesktop.systemd1.NoSuchUnit", "gone", to: call).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        try SystemdDriver.stop(unit, addresses: [bus.address])
    }

    @Test func aUsersUnitStandsBelowTheUsersManager() throws {
        let systemd = FakeSystemd { call, peer in
            guard call.member == "Get" else { return false }
            let group = BusValue.variant(.string("/user.slice/user-5.slice/user@5.service"))
            try peer.send(try BusMessage.answer(to: call, [group]).encoded())
            return true
        }
        let bus = try FakeBus { try systemd.serve(&$0) }
        let made = try SystemdDriver.create(path: "a-b.slice:p:n", id: "x", rootless: true, addresses: [bus.address])
        #expect(made.group == "/user.slice/user-5.slice/user@5.service/a.slice/a-b.slice/p-n.scope")
        #expect(made.slice == "a-b.slice")
    }

    @Test func aManagerThatLiesAboutItsGroupIsRefused() throws {
        for lie in ["/a/../../b", "relative"] {
            let systemd = FakeSystemd { call, peer in
                guard call.member == "Get" else { return false }
                try peer.send(try BusMessage.answer(to: call, [.variant(.string(lie))]).encoded())
                return true
            }
            let bus = try FakeBus { try systemd.serve(&$0) }
            #expect(throws: CgroupError.self) {
                try SystemdDriver.create(path: nil, id: "x", rootless: true, addresses: [bus.address])
            }
        }
    }

    @Test func answersOfTheWrongShapeAreErrors() throws {
        let shapes: [[BusValue]] = [[], [.string("/job/1")], [.uint32(1)], [.variant(.objectPath("/job/1"))]]
        for shape in shapes {
            let systemd = FakeSystemd { call, peer in
                guard call.member == "StartTransientUnit" else { return false }
                try peer.send(try BusMessage.answer(to: call, shape).encoded())
                return true
            }
            let bus = try FakeBus { try systemd.serve(&$0) }
            #expect(throws: CgroupError.self) { try start([bus.address]) }
        }
    }

    @Test func withoutSystemdTheErrorSaysWhatToDo() {
        let error = #expect(throws: CgroupError.self) {
            try start([BusAddress(name: .path("/nonexistent/bus"))])
        }
        #expect(error?.description.contains("leave --systemd-cgroup out") == true)
    }
}
