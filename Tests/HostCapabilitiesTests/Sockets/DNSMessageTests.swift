import Testing

@testable import HostCapabilities

@Suite struct DNSMessageTests {
    private static func question(_ name: String = "www.example.com", _ type: DNSMessage.RecordType = .a) throws
        -> DNSMessage.Question
    {
        DNSMessage.Question(id: 0x1234, name: try #require(HostName(name)), type: type)
    }

    /// An answer built by hand: header, the question, then the records.
    private static func answer(
        to question: DNSMessage.Question, flags: UInt16 = 0x8180, records: [[UInt8]] = []
    ) -> [UInt8] {
        var bytes = DNSMessage.encode(question)
        bytes[2] = UInt8(flags >> 8)
        bytes[3] = UInt8(flags & 0xff)
        bytes[7] = UInt8(records.count)
        return bytes + records.flatMap { $0 }
    }

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func record(_ name: [UInt8], _ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        name + [0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
    }

    /// Points at the question's name.
    private static let pointer: [UInt8] = [0xc0, 12]

    @Test func aQuestionIsEncodedByTheBook() throws {
        let bytes = DNSMessage.encode(try Self.question("a.bc"))
        #expect(bytes == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 2, 0x62, 0x63, 0, 0, 1, 0, 1])
    }

    @Test func readsAddressesBehindAChainOfAliases() throws {
        let question = try Self.question()
        let bytes = Self.answer(
            to: question,
            records: [
                Self.record(Self.pointer, 5, Self.name("Edge.example.net")),
                Self.record(Self.name("edge.EXAMPLE.net"), 5, Self.name("host.example.org")),
                Self.record(Self.name("host.example.org"), 1, [93, 184, 216, 34]),
                // Somebody else's address, slipped in.
                Self.record(Self.name("bank.example"), 1, [6, 6, 6, 6]),
            ])
        let answer = try DNSMessage.decode(bytes, answering: question)
        #expect(answer.addresses.map(\.description) == ["93.184.216.34"])
        #expect(answer.canonicalName.text == "host.example.org")
    }

    @Test func readsIPv6() throws {
        let question = try Self.question("a.example", .aaaa)
        let data: [UInt8] = [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [7]
        let answer = try DNSMessage.decode(
            Self.answer(to: question, records: [Self.record(Self.pointer, 28, data)]), answering: question)
        #expect(answer.addresses.map(\.description) == ["2001:db8::7"])
    }

    @Test func anAnswerToAnotherQuestionIsUnrelated() throws {
        let question = try Self.question()
        var otherID = Self.answer(to: question)
        otherID[0] ^= 1
        var isQuery = Self.answer(to: question)
        isQuery[2] = 1
        let otherName = Self.answer(to: try Self.question("www.example.org"))
        let otherType = Self.answer(to: try Self.question("www.example.com", .aaaa))
        for bytes in [otherID, isQuery, otherName, otherType, [], [0x12]] {
            #expect(throws: DNSMessage.Failure.unrelated) { try DNSMessage.decode(bytes, answering: question) }
        }
    }

    @Test func theServersVerdictIsReported() throws {
        let question = try Self.question()
        #expect(throws: DNSMessage.Failure.noSuchName) {
            try DNSMessage.decode(Self.answer(to: question, flags: 0x8183), answering: question)
        }
        #expect(throws: DNSMessage.Failure.serverFailed(code: 2)) {
            try DNSMessage.decode(Self.answer(to: question, flags: 0x8182), answering: question)
        }
        #expect(try DNSMessage.decode(Self.answer(to: question, flags: 0x8380), answering: question).isTruncated)
    }

    @Test func hostileRecordsAreMalformed() throws {
        let question = try Self.question()
        let end = UInt8(Self.answer(to: question).count)
        let hostile: [[UInt8]] = [
            // A name that points at itself, forwards, past the end.
            Self.record([0xc0, end], 1, [1, 2, 3, 4]), Self.record([0xc0, end + 4], 1, [1, 2, 3, 4]),
            Self.record([0xff, 0xff], 1, [1, 2, 3, 4]), [0xc0], [63], [0x80, 1],
            // Lengths that lie.
            Self.record(Self.pointer, 1, [1, 2, 3]), Self.pointer + [0, 1, 0, 1, 0, 0, 0, 60, 0xff, 0xff, 1],
            Self.pointer + [0, 1, 0, 1], Self.record(Self.pointer, 5, Self.name("a") + [0]),
            // An alias of itself.
            Self.record(Self.pointer, 5, Self.pointer),
        ]
        for record in hostile {
            #expect(throws: DNSMessage.Failure.malformed, "\(record)") {
                try DNSMessage.decode(Self.answer(to: question, records: [record]), answering: question)
            }
        }
    }

    @Test func anyMutantOfAnAnswerIsAnsweredOrRefused() throws {
        let question = try Self.question()
        let good = Self.answer(
            to: question,
            records: [
                Self.record(Self.pointer, 5, Self.name("h.example")),
                Self.record(Self.name("h.example"), 1, [1, 2, 3, 4]),
            ])
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var mutant = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutant[Int.random(in: 0..<mutant.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            mutant.removeLast(Int.random(in: 0..<8, using: &generator))
            _ = try? DNSMessage.decode(mutant, answering: question)
        }
    }
}
