import SystemCalls

/// The other side of a guest's sockets, on 127.0.0.1.
enum Loopback {
    struct NoAnswer: Error, CustomStringConvertible {
        let port: UInt16
        let problem: String
        var description: String { "127.0.0.1:\(port): \(problem)" }
    }

    private static let address: UInt32 = 0x7f00_0001
    static let patience: UInt64 = 20_000_000_000

    /// A port that nobody listens on at this moment.
    static func freePort() throws -> UInt16 {
        try Listener().port
    }

    /// A listener on a port that the kernel chose.
    final class Listener {
        let descriptor: OwnedDescriptor
        let port: UInt16

        init() throws {
            descriptor = try Sockets.open(.v4, .stream)
            try Sockets.bind(descriptor.rawValue, to: RawSocketAddress(v4: address, port: 0))
            try Sockets.listen(descriptor.rawValue, backlog: 8)
            guard case .v4(_, let port) = try Sockets.localAddress(descriptor.rawValue).content else {
                throw NoAnswer(port: 0, problem: "the listener has no IPv4 address")
            }
            self.port = port
        }

        /// Whether somebody has connected and waits to be accepted.
        func hasCaller(within nanoseconds: UInt64) throws -> Bool {
            var requests = [PollRequest(descriptor.rawValue, .readable)]
            return try Poll.wait(&requests, timeout: nanoseconds) > 0
        }

        /// Accepts one connection, reads `expected` and sends `answer`. Returns what was read.
        func serve(expecting expected: String, answer: String, to guest: Running) throws -> String {
            let deadline = Clocks.now(.monotonic) + patience
            while try !hasCaller(within: 20_000_000) {
                guard Clocks.now(.monotonic) < deadline, try guest.isRunning else {
                    throw NoAnswer(port: port, problem: "nobody connected")
                }
            }
            let connection = try Sockets.accept(descriptor.rawValue, nonBlocking: false)
            let text = try read(expected.utf8.count, from: connection.rawValue, port: port)
            try send(answer, to: connection.rawValue)
            return text
        }
    }

    /// Connects to a guest, which may take a moment to start, sends, and reads as much as is expected.
    static func ask(_ guest: Running, port: UInt16, _ text: String, expecting expected: String) throws -> String {
        let connection = try connect(to: guest, port: port)
        try send(text, to: connection.rawValue)
        return try read(expected.utf8.count, from: connection.rawValue, port: port)
    }

    private static func connect(to guest: Running, port: UInt16) throws -> OwnedDescriptor {
        let deadline = Clocks.now(.monotonic) + patience
        while true {
            let socket = try Sockets.open(.v4, .stream)
            do {
                try Sockets.connect(socket.rawValue, to: RawSocketAddress(v4: address, port: port))
            } catch {
                guard Clocks.now(.monotonic) < deadline, try guest.isRunning else { throw error }
                var nothing: [PollRequest] = []
                _ = try Poll.wait(&nothing, timeout: 5_000_000)
                continue
            }
            return socket
        }
    }

    /// Sends a text that is small enough for the socket's buffer.
    private static func send(_ text: String, to descriptor: Int32) throws {
        var bytes = Array(text.utf8)
        try bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            let pieces = [IOVector(base: base, count: buffer.count)]
            let sent = try pieces.withUnsafeBufferPointer { try Sockets.send(descriptor, $0) }
            guard sent == buffer.count else {
                throw NoAnswer(port: 0, problem: "sent \(sent) of \(buffer.count) bytes")
            }
        }
    }

    private static func read(_ count: Int, from descriptor: Int32, port: UInt16) throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var requests = [PollRequest(descriptor, .readable)]
            guard try Poll.wait(&requests, timeout: patience) > 0 else {
                throw NoAnswer(port: port, problem: "silent after \(bytes.count) of \(count) bytes")
            }
            let piece = try [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, filled in
                filled = try Files.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { break }
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
