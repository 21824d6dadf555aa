/// The part of the DNS wire format (RFC 1035, section 4) that address lookups need.
enum DNSMessage {
    enum RecordType: UInt16, Sendable {
        case a = 1
        case cname = 5
        case aaaa = 28
    }

    /// One question for the addresses of a name.
    struct Question: Hashable, Sendable {
        var id: UInt16
        var name: HostName
        var type: RecordType
    }

    /// What an answer says about the question.
    struct Answer: Hashable, Sendable {
        var addresses: [IPAddress] = []
        /// The name at the end of the chain of aliases.
        var canonicalName: HostName
        /// The server cut the answer: ask again over TCP.
        var isTruncated = false
    }

    enum Failure: Error, Hashable, Sendable {
        /// Another question's answer, or noise: wait for the right one.
        case unrelated
        /// Not in the form of RFC 1035.
        case malformed
        /// The name doesn't exist (NXDOMAIN).
        case noSuchName
        /// The server can't or won't say (SERVFAIL, REFUSED, …).
        case serverFailed(code: UInt8)
    }

    static let headerLength = 12
    private static let internetClass: UInt16 = 1
    private static let recordLimit = 256
    private static let aliasLimit = 8
    private static let labelLimit = 128

    /// The question as it goes out, with recursion desired.
    static func encode(_ question: Question) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(question.id)
        for field in [0x0100, 1, 0, 0, 0] as [UInt16] { bytes.appendBigEndian(field) }
        for label in question.name.labels {
            bytes.append(UInt8(label.utf8.count))
            bytes += label.utf8
        }
        bytes.append(0)
        bytes.appendBigEndian(question.type.rawValue)
        bytes.appendBigEndian(internetClass)
        return bytes
    }

    /// Reads an answer to a question. It counts only if it repeats the id and the question; its records count only if
    /// their names lie on the chain of aliases that begins at the question's name.
    static func decode(_ bytes: [UInt8], answering question: Question) throws(Failure) -> Answer {
        var reader = Reader(bytes: bytes)
        guard bytes.count >= headerLength, try reader.uint16() == question.id else { throw .unrelated }
        let flags = try reader.uint16()
        let questions = try reader.uint16()
        let records = try reader.uint16()
        try reader.skip(4)
        // A response to a standard query, about one question.
        guard flags & 0xf800 == 0x8000, questions == 1 else { throw .unrelated }
        let name = try reader.name()
        guard name == question.name.text, try reader.uint16() == question.type.rawValue,
            try reader.uint16() == internetClass
        else { throw .unrelated }
        var answer = Answer(canonicalName: question.name)
        if flags & 0x0200 != 0 {
            answer.isTruncated = true
            return answer
        }
        switch flags & 0xf {
        case 0: break
        case 3: throw .noSuchName
        case let code: throw .serverFailed(code: UInt8(code))
        }
        guard records <= recordLimit else { throw .malformed }
        try collect(Int(records), from: &reader, of: question, into: &answer)
        return answer
    }

    private static func collect(
        _ count: Int, from reader: inout Reader, of question: Question, into answer: inout Answer
    ) throws(Failure) {
        var aliases: [String: String] = [:]
        var found: [(name: String, address: IPAddress)] = []
        for _ in 0..<count {
            let name = try reader.name()
            let type = try reader.uint16()
            let recordClass = try reader.uint16()
            try reader.skip(4)
            let length = Int(try reader.uint16())
            let end = reader.position + length
            guard end <= reader.bytes.count else { throw .malformed }
            if recordClass == internetClass, type == RecordType.cname.rawValue {
                aliases[name] = try reader.name()
                guard reader.position == end else { throw .malformed }
            } else if recordClass == internetClass, type == question.type.rawValue {
                found.append((name, try reader.address(question.type, length: length)))
            }
            reader.position = end
        }
        var current = question.name.text
        var steps = 0
        while let next = aliases[current] {
            steps += 1
            guard steps <= aliasLimit else { throw .malformed }
            current = next
        }
        guard let canonicalName = HostName(current) else { throw .malformed }
        answer.canonicalName = canonicalName
        answer.addresses = found.filter { $0.name == current }.map(\.address)
    }

    /// Reads the fields one after the other; every read past the end is `malformed`.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func uint8() throws(Failure) -> UInt8 {
            guard position < bytes.count else { throw .malformed }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func uint16() throws(Failure) -> UInt16 {
            let high = UInt16(try uint8())
            return high << 8 | UInt16(try uint8())
        }

        mutating func skip(_ count: Int) throws(Failure) {
            guard bytes.count - position >= count else { throw .malformed }
            position += count
        }

        /// A name in lower case, without the last dot. A pointer has to lead backwards, so that no chain is endless.
        mutating func name() throws(Failure) -> String {
            var text: [UInt8] = []
            var at = position
            var lowestPointer = position
            var hasJumped = false
            var labels = 0
            while true {
                guard at < bytes.count else { throw .malformed }
                let length = Int(bytes[at])
                if length & 0xc0 == 0xc0 {
                    guard at + 1 < bytes.count else { throw .malformed }
                    let target = (length & 0x3f) << 8 | Int(bytes[at + 1])
                    if !hasJumped { position = at + 2 }
                    guard target < lowestPointer else { throw .malformed }
                    lowestPointer = target
                    at = target
                    hasJumped = true
                    continue
                }
                guard length & 0xc0 == 0, at + length < bytes.count else { throw .malformed }
                at += 1
                if length == 0 { break }
                labels += 1
                guard labels <= labelLimit, text.count + length + 1 <= 255 else { throw .malformed }
                if !text.isEmpty { text.append(UInt8(ascii: ".")) }
                text += bytes[at..<at + length].map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
                at += length
            }
            if !hasJumped { position = at }
            return String(decoding: text, as: UTF8.self)
        }

        mutating func address(_ type: RecordType, length: Int) throws(Failure) -> IPAddress {
            let octets = Array(bytes[position..<position + length])
            if type == .a, octets.count == 4 {
                return .v4(IPv4Address(octets[0], octets[1], octets[2], octets[3]))
            }
            guard type == .aaaa, let address = IPv6Address(octets: octets) else { throw .malformed }
            return .v6(address)
        }
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(value & 0xff))
    }
}
