import SystemCalls

/// The questions to one server and their answers: over UDP, and over TCP what doesn't fit.
struct DNSExchange {
    enum Failure: Error {
        case noSuchName
        /// No answer in time, or none that makes sense: try another server.
        case serverUnusable
    }

    let server: SocketAddress
    /// Nanoseconds for all questions together, over each transport.
    let timeout: UInt64

    /// Room for what servers send over UDP without being told that more is welcome is 512; a little more does no harm.
    private static let datagramLimit = 4096
    /// Answers that aren't ours and are still read while waiting.
    private static let noiseLimit = 64

    /// One answer for each type, in their order.
    mutating func ask(
        _ name: HostName, _ types: [DNSMessage.RecordType]
    ) throws(Failure) -> [DNSMessage.Answer] {
        do {
            let questions = try types.map { DNSMessage.Question(id: try Self.randomID(), name: name, type: $0) }
            var answers = try askOverUDP(questions)
            for (index, question) in questions.enumerated() where answers[index].isTruncated {
                answers[index] = try askOverTCP(question)
            }
            return answers
        } catch DNSMessage.Failure.noSuchName {
            throw .noSuchName
        } catch {
            throw .serverUnusable
        }
    }

    private static func randomID() throws -> UInt16 {
        var id: UInt16 = 0
        try withUnsafeMutableBytes(of: &id) { try Randomness.fill($0) }
        return id
    }

    private func askOverUDP(_ questions: [DNSMessage.Question]) throws -> [DNSMessage.Answer] {
        let socket = try Sockets.open(server.family, .datagram, nonBlocking: true)
        // Connected: the kernel drops what doesn't come from the server, and reports that nobody listens there.
        try Sockets.connect(socket.rawValue, to: server.raw)
        for question in questions { _ = try Self.send(DNSMessage.encode(question), over: socket.rawValue) }
        var answers = [DNSMessage.Answer?](repeating: nil, count: questions.count)
        var failed = 0
        let deadline = Clocks.now(.monotonic) &+ timeout
        for _ in 0..<Self.noiseLimit {
            guard answers.contains(where: { $0 == nil }) else { break }
            try Self.wait(socket.rawValue, .readable, until: deadline)
            let bytes = try Self.receive(Self.datagramLimit, from: socket.rawValue)
            for (index, question) in questions.enumerated() where answers[index] == nil {
                do throws(DNSMessage.Failure) {
                    answers[index] = try DNSMessage.decode(bytes, answering: question)
                } catch {
                    switch error {
                    case .unrelated: continue
                    case .noSuchName, .malformed: throw error
                    case .serverFailed:
                        // Some servers fail for AAAA alone: the other question's answer still counts.
                        failed += 1
                        answers[index] = DNSMessage.Answer(canonicalName: question.name)
                    }
                }
            }
        }
        guard failed < questions.count else { throw Failure.serverUnusable }
        let complete = answers.compactMap { $0 }
        guard complete.count == questions.count else { throw Failure.serverUnusable }
        return complete
    }

    /// RFC 1035, section 4.2.2: each message behind its length in two bytes.
    private func askOverTCP(_ question: DNSMessage.Question) throws -> DNSMessage.Answer {
        let deadline = Clocks.now(.monotonic) &+ timeout
        let socket = try Sockets.open(server.family, .stream, nonBlocking: true)
        do throws(SystemCallError) {
            try Sockets.connect(socket.rawValue, to: server.raw)
        } catch {
            guard error.errno == .inProgress else { throw error }
        }
        try Self.wait(socket.rawValue, .writable, until: deadline)
        let message = DNSMessage.encode(question)
        var request: [UInt8] = []
        request.appendBigEndian(UInt16(message.count))
        request += message
        // A fresh connection takes a message this small at once.
        guard try Self.send(request, over: socket.rawValue) == request.count else { throw Failure.serverUnusable }
        let prefix = try Self.receiveExactly(2, from: socket.rawValue, until: deadline)
        let length = Int(prefix[0]) << 8 | Int(prefix[1])
        guard length >= DNSMessage.headerLength else { throw Failure.serverUnusable }
        let answer = try DNSMessage.decode(
            try Self.receiveExactly(length, from: socket.rawValue, until: deadline), answering: question)
        guard !answer.isTruncated else { throw Failure.serverUnusable }
        return answer
    }

    private static func receiveExactly(_ count: Int, from socket: Int32, until deadline: UInt64) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            try wait(socket, .readable, until: deadline)
            let piece = try receive(count - bytes.count, from: socket)
            guard !piece.isEmpty else { throw Failure.serverUnusable }
            bytes += piece
        }
        return bytes
    }

    private static func wait(_ socket: Int32, _ events: PollEvents, until deadline: UInt64) throws {
        let now = Clocks.now(.monotonic)
        guard now < deadline else { throw Failure.serverUnusable }
        var requests = [PollRequest(socket, events)]
        guard try Poll.wait(&requests, timeout: deadline - now) > 0 else { throw Failure.serverUnusable }
    }

    private static func send(_ bytes: [UInt8], over socket: Int32) throws -> Int {
        try bytes.withUnsafeBytes { try IOVector(reading: $0).withList { try Sockets.send(socket, $0) } }
    }

    private static func receive(_ limit: Int, from socket: Int32) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let piece = IOVector(UnsafeMutableRawBufferPointer(buffer))
            count = try piece.withList { try Sockets.receive(socket, into: $0).count }
        }
    }
}
