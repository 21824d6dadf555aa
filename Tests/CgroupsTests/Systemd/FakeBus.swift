import SystemCalls
import Testing

@testable import Cgroups

/// A bus in a thread of the test's own, which does what the test says and nothing more.
final class FakeBus: Sendable {
    let path: String
    private let listener: Int32
    private let thread: Mutex<Ending>

    private struct Ending: ~Copyable { var thread: JoinableThread? }

    /// For each connection one closure, in the order in which they come.
    init(_ serve: [@Sendable (inout Peer) throws -> Void]) throws {
        path = "/tmp/martlet-bus-\(Processes.current)-\(Clocks.now(.monotonic))"
        let socket = try LocalSockets.listen(at: path, backlog: 8)
        let number = socket.rawValue
        listener = socket.release()
        thread = Mutex(
            Ending(
                thread: try JoinableThread {
                    for closure in serve {
                        // A client that never comes doesn't keep the test from ending.
                        var wait = [PollRequest(number, .readable)]
                        guard (try? Poll.wait(&wait, timeout: 10_000_000_000)) == 1,
                            let connection = try? Sockets.accept(number, nonBlocking: false)
                        else { return }
                        var peer = Peer(connection)
                        // How the closure ends is how the connection ends.
                        try? closure(&peer)
                    }
                }))
    }

    convenience init(_ serve: @escaping @Sendable (inout Peer) throws -> Void) throws { try self.init([serve]) }

    /// Waits for the thread, so that what it saw can be looked at.
    func finish() { thread.withLock { $0.thread = nil } }

    deinit {
        finish()
        _ = OwnedDescriptor(adopting: listener)
        try? Files.unlink(path)
    }

    var address: BusAddress { BusAddress(name: .path(path)) }
    var privateAddress: BusAddress { BusAddress(name: .path(path), isPrivate: true) }
}

/// The bus's end of one connection.
struct Peer: ~Copyable {
    private let connection: OwnedDescriptor
    private var received: [UInt8] = []

    struct Gone: Error {}

    init(_ connection: consuming OwnedDescriptor) { self.connection = connection }

    mutating func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try LocalStreams.send(connection.rawValue, rest)) }
    }

    /// Each byte in a segment of its own.
    mutating func sendSlowly(_ bytes: [UInt8]) throws {
        for byte in bytes {
            try send([byte])
            Processes.yield()
        }
    }

    mutating func send(line: String) throws { try send(Array("\(line)\r\n".utf8)) }

    private mutating func fill() throws {
        guard let bytes = try LocalStreams.receive(connection.rawValue, limit: 4096), !bytes.isEmpty else {
            throw Gone()
        }
        received += bytes
    }

    mutating func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try fill() }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    mutating func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: 0x0a) {
                return String(decoding: try take(end + 1).dropLast(2), as: UTF8.self)
            }
            try fill()
        }
    }

    /// Lets anybody in.
    mutating func authenticate() throws {
        guard try take(1) == [0], try line() == "AUTH EXTERNAL" else { throw Gone() }
        try send(line: "DATA")
        guard try line() == "DATA" else { throw Gone() }
        try send(line: "OK 0123456789abcdef0123456789abcdef")
        guard try line() == "BEGIN" else { throw Gone() }
    }

    mutating func message() throws -> BusMessage {
        while received.count < BusMessage.prefixLength { try fill() }
        let length = try BusMessage.length(ofPrefix: received[..<BusMessage.prefixLength])
        return try BusMessage(decoding: try take(length)[...])
    }

    /// Waits until the other side closes.
    mutating func drain() throws { while true { try fill() } }
}

extension BusMessage {
    static func answer(to call: BusMessage, _ arguments: [BusValue] = [], sender: String? = nil) throws -> BusMessage {
        var message = try BusMessage(kind: .answer, arguments)
        message.serial = 77
        message.replySerial = call.serial
        message.sender = sender
        return message
    }

    static func error(_ name: String, _ text: String, to call: BusMessage) throws -> BusMessage {
        var message = try BusMessage(kind: .error, [.string(text)])
        message.serial = 78
        message.replySerial = call.serial
        message.errorName = name
        return message
    }

    static func jobRemoved(_ job: String, unit: String, _ result: String, sender: String?) throws -> BusMessage {
        var message = try BusMessage(
            kind: .signal, [.uint32(1), .objectPath(job), .string(unit), .string(result)])
        message.serial = 79
        message.path = "/org/freedesktop/systemd1"
        message.interface = "org.freedesktop.systemd1.Manager"
        message.member = "JobRemoved"
        message.sender = sender
        return message
    }
}

/// systemd as far as the driver asks it, behind a bus or alone.
final class FakeSystemd: Sendable {
    static let owner = ":1.0"

    struct Seen {
        var calls: [BusMessage] = []
        func named(_ member: String) -> [BusMessage] { calls.filter { $0.member == member } }
    }

    private let state = Mutex(Seen())
    var seen: Seen { state.withLock { $0 } }

    /// What to say to a call of the manager's; nil for the usual answer.
    private let special: @Sendable (BusMessage, inout Peer) throws -> Bool

    init(_ special: @escaping @Sendable (BusMessage, inout Peer) throws -> Bool = { _, _ in false }) {
        self.special = special
    }

    func serve(_ peer: inout Peer) throws {
        try peer.authenticate()
        while true {
            let call = try peer.message()
            state.withLock { $0.calls.append(call) }
            if try special(call, &peer) { continue }
            switch call.member {
            case "Hello": try peer.send(try BusMessage.answer(to: call, [.string(":1.7")]).encoded())
            case "GetNameOwner": try peer.send(try BusMessage.answer(to: call, [.string(Self.owner)]).encoded())
            case "StartTransientUnit", "StopUnit": try Self.runJob(call, &peer)
            default: try peer.send(try BusMessage.answer(to: call).encoded())
            }
        }
    }

    static func runJob(_ call: BusMessage, _ peer: inout Peer, result: String = "done") throws {
        let unit = try call.arguments().first?.text ?? ""
        // systemd may say that the job is done before it has said which one it is.
        // Nobody has a name where systemd itself is asked; then nobody looks at it.
        let sender: String? = owner
        try peer.send(try BusMessage.jobRemoved("/job/other", unit: unit, "failed", sender: sender).encoded())
        try peer.send(try BusMessage.jobRemoved("/job/1", unit: unit, result, sender: sender).encoded())
        try peer.send(try BusMessage.answer(to: call, [.objectPath("/job/1")]).encoded())
    }
}
