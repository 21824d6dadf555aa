import SystemCalls
import Testing

@testable import Cgroups

/// A `dbus-daemon` of the test's own, which is the reference of the protocol. Without one, the tests are skipped.
private final class Daemon: Sendable {
    static let program = ["/usr/bin/dbus-daemon", "/bin/dbus-daemon"].first { (try? FileStatus.of($0)) != nil }

    let path: String
    private let process: Int32

    init() throws {
        path = "/tmp/martlet-dbus-\(Processes.current)-\(Clocks.now(.monotonic))"
        let program = try #require(Self.program)
        let arguments = [program, "--session", "--nofork", "--nopidfile", "--address=unix:path=\(path)"]
        switch try Processes.fork() {
        case .child:
            _ = try? Processes.execute(program, arguments: arguments, environment: [])
            Processes.exit(127)
        case .parent(let child): process = child
        }
        for _ in 0..<500 where (try? FileStatus.of(path)) == nil {
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: 10_000_000)
        }
    }

    deinit {
        try? Processes.kill(process, 9)
        _ = try? Processes.wait(for: process)
        try? Files.unlink(path)
    }

    var address: BusAddress { BusAddress(name: .path(path)) }

    /// Takes systemd's name and does what it is asked, until the connection ends.
    func pretendToBeSystemd(_ seen: @escaping @Sendable (BusMessage) -> Void) throws -> JoinableThread {
        let address = self.address
        let ready = Mutex(false)
        let shared = Shared(ready)
        let thread = try JoinableThread { [shared] in
            try? Self.serve(address, shared, seen)
        }
        for _ in 0..<500 where !shared.ready.withLock({ $0 }) {
            var nothing: [PollRequest] = []
            _ = try Poll.wait(&nothing, timeout: 10_000_000)
        }
        return thread
    }

    private final class Shared: Sendable {
        let ready: Mutex<Bool>
        init(_ ready: consuming Mutex<Bool>) { self.ready = ready }
    }

    private static func serve(_ address: BusAddress, _ shared: Shared, _ seen: (BusMessage) -> Void) throws {
        let deadline = Deadline(milliseconds: 10_000)
        var service = try BusService.open(address, name: "org.freedesktop.systemd1", until: deadline)
        shared.ready.withLock { $0 = true }
        while true {
            let call = try service.next(until: deadline)
            guard call.kind == .call else { continue }
            seen(call)
            if call.member == "ResetFailedUnit" {
                try service.send(try .answer(to: call), to: call.sender, until: deadline)
                return
            }
            let unit = try call.arguments().first?.text ?? ""
            try service.send(try .answer(to: call, [.objectPath("/job/1")]), to: call.sender, until: deadline)
            try service.send(
                try .jobRemoved("/job/1", unit: unit, "done", sender: nil), to: nil, until: deadline)
        }
    }
}

/// The least that a service on a bus needs.
private struct BusService: ~Copyable {
    private var socket: BusSocket
    private var serial: UInt32 = 0

    private init(_ socket: consuming BusSocket) { self.socket = socket }

    static func open(_ address: BusAddress, name: String, until deadline: Deadline) throws -> BusService {
        var service = BusService(try BusSocket.connect(to: address.name, until: deadline))
        try service.register(name, until: deadline)
        return service
    }

    private mutating func register(_ name: String, until deadline: Deadline) throws {
        try socket.send(BusAuthentication.opening, until: deadline)
        var authentication = BusAuthentication()
        while !authentication.isDone {
            try authentication.take(try socket.line(limit: 1024, until: deadline))
        }
        let calls: [(String, [BusValue])] = [("Hello", []), ("RequestName", [.string(name), .uint32(4)])]
        for (member, arguments) in calls {
            let call = try BusMessage(
                to: BusConnection.bus, "/org/freedesktop/DBus", BusConnection.bus, member, arguments)
            try send(call, to: call.destination, until: deadline)
            while try next(until: deadline).kind != .answer {}
        }
    }

    mutating func send(_ message: BusMessage, to destination: String?, until deadline: Deadline) throws {
        serial += 1
        var message = message
        message.serial = serial
        message.destination = destination
        try socket.send(try message.encoded(), until: deadline)
    }

    mutating func next(until deadline: Deadline) throws -> BusMessage {
        let prefix = try socket.peek(16, until: deadline, "test")
        return try BusMessage(
            decoding: try socket.take(try BusMessage.length(ofPrefix: prefix), until: deadline, "test"))
    }
}

@Suite(.serialized, .enabled(if: Daemon.program != nil, "no dbus-daemon here")) struct RealBusTests {
    @Test func aRealBusLetsUsInAndKnowsUs() throws {
        let daemon = try Daemon()
        let deadline = Deadline(milliseconds: 5000)
        var connection = try BusConnection.open([daemon.address], .init(reaching: 5000, greeting: 5000))
        #expect(try connection.owner(of: BusConnection.bus, until: deadline) == BusConnection.bus)
        #expect(try connection.callBus("NameHasOwner", [.string("a.b")], until: deadline) == [.boolean(false)])
        guard case .array("s", let names) = try connection.callBus("ListNames", until: deadline).first else {
            Issue.record("no names")
            return
        }
        #expect(names.contains(.string(":1.0")))
        let error = #expect(throws: BusError.self) { try connection.callBus("NoSuchThing", until: deadline) }
        #expect(error?.isAnswer("org.freedesktop.DBus.Error.UnknownMethod") == true)
    }

    @Test func withoutSystemdOnTheBusTheErrorIsTheBuss() throws {
        let daemon = try Daemon()
        let unit = SystemdUnit(name: "a.scope", slice: "a.slice", group: "/a.slice/a.scope", belongsToUser: true)
        let error = #expect(throws: CgroupError.self) { try SystemdDriver.stop(unit, addresses: [daemon.address]) }
        #expect(
            error?.description.contains("org.freedesktop.DBus.Error.NameHasNoOwner") == true,
            "\(String(describing: error))")
    }

    @Test func aUnitIsMadeAndStoppedOverARealBus() throws {
        let daemon = try Daemon()
        let calls = CallList()
        let systemd = try daemon.pretendToBeSystemd { calls.append($0) }
        let unit = try SystemdDriver.create(path: "a.slice:p:n", id: "x", rootless: false, addresses: [daemon.address])
        try SystemdDriver.start(
            unit, process: 5, resources: nil, unified: false,
            annotations: ["org.systemd.property.TimeoutStopSec": "uint64 5"], addresses: [daemon.address])
        try SystemdDriver.stop(unit, addresses: [daemon.address])
        withExtendedLifetime(daemon) {}
        _ = consume systemd
        #expect(calls.members == ["StartTransientUnit", "StopUnit", "ResetFailedUnit"])
    }

    private final class CallList: Sendable {
        private let calls = Mutex<[String]>([])
        func append(_ call: BusMessage) { calls.withLock { $0.append(call.member ?? "") } }
        var members: [String] { calls.withLock { $0 } }
    }
}
