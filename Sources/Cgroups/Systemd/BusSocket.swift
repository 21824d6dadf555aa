import SystemCalls

/// A stream to a bus on which nothing takes longer than until a deadline.
struct BusSocket: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var received: [UInt8] = []

    private static let chunk = 4096
    /// Between two attempts to reach a bus that accepts nobody at the moment, in nanoseconds.
    private static let pause: UInt64 = 20_000_000

    private init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    static func connect(to name: LocalStreams.Name, until deadline: Deadline) throws(BusError) -> BusSocket {
        while true {
            do throws(SystemCallError) { return BusSocket(try LocalStreams.connect(name)) } catch {
                guard error.errno == .again else { throw .failed(error) }
                try deadline.check("connecting to the bus")
                var nothing: [PollRequest] = []
                _ = try? Poll.wait(&nothing, timeout: min(pause, deadline.left))
            }
        }
    }

    mutating func send(_ bytes: [UInt8], until deadline: Deadline) throws(BusError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count: Int
            do throws(SystemCallError) { count = try LocalStreams.send(descriptor.rawValue, rest) } catch {
                throw error.errno == .brokenPipe ? .closed : .failed(error)
            }
            rest = rest.dropFirst(count)
            if count == 0 { try wait(.writable, until: deadline, "sending to the bus") }
        }
    }

    /// Exactly this many bytes.
    mutating func take(_ count: Int, until deadline: Deadline, _ what: String) throws(BusError) -> ArraySlice<UInt8> {
        while received.count < count { try fill(until: deadline, what) }
        let taken = received[..<count]
        received.removeFirst(count)
        return taken
    }

    /// The first bytes, which stay.
    mutating func peek(_ count: Int, until deadline: Deadline, _ what: String) throws(BusError) -> ArraySlice<UInt8> {
        while received.count < count { try fill(until: deadline, what) }
        return received[..<count]
    }

    /// A line that ends with CR and LF, without them.
    mutating func line(limit: Int, until deadline: Deadline) throws(BusError) -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                guard end > 0, end <= limit, received[end - 1] == UInt8(ascii: "\r") else {
                    throw .violation("a line that isn't one")
                }
                let line = String(decoding: received[..<(end - 1)], as: UTF8.self)
                received.removeFirst(end + 1)
                return line
            }
            guard received.count <= limit else { throw .violation("a line without end") }
            try fill(until: deadline, "authentication")
        }
    }

    private mutating func fill(until deadline: Deadline, _ what: String) throws(BusError) {
        while true {
            let bytes: [UInt8]?
            do throws(SystemCallError) {
                bytes = try LocalStreams.receive(descriptor.rawValue, limit: Self.chunk)
            } catch {
                throw .failed(error)
            }
            guard let bytes else {
                try wait(.readable, until: deadline, what)
                continue
            }
            if bytes.isEmpty { throw .closed }
            received += bytes
            // A peer that sends without end doesn't keep us from looking at the clock.
            try deadline.check(what)
            return
        }
    }

    private func wait(_ events: PollEvents, until deadline: Deadline, _ what: String) throws(BusError) {
        try deadline.check(what)
        var requests = [PollRequest(descriptor.rawValue, events)]
        do throws(SystemCallError) { _ = try Poll.wait(&requests, timeout: deadline.left) } catch {
            throw .failed(error)
        }
    }
}

/// A moment on the monotonic clock.
struct Deadline: Sendable {
    private let moment: UInt64

    init(milliseconds: UInt64) {
        moment = Clocks.now(.monotonic).addingReportingOverflow(milliseconds &* 1_000_000).partialValue
    }

    /// In nanoseconds.
    var left: UInt64 {
        let now = Clocks.now(.monotonic)
        return now >= moment ? 0 : moment - now
    }

    func check(_ what: String) throws(BusError) { if left == 0 { throw .timedOut(what) } }
}
