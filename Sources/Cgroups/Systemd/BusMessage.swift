/// A message of D-Bus. D-Bus specification, "Message Format".
struct BusMessage: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case call = 1
        case answer = 2
        case error = 3
        case signal = 4
    }

    /// nil for a kind that isn't known, which must be ignored.
    var kind: Kind?
    var serial: UInt32 = 0
    var path: String?
    var interface: String?
    var member: String?
    var errorName: String?
    var replySerial: UInt32?
    var destination: String?
    var sender: String?
    var signature = ""
    var body: ArraySlice<UInt8> = []
    private var isBigEndian = false

    /// A call of a method with its arguments.
    init(
        to destination: String?, _ path: String, _ interface: String, _ member: String, _ arguments: [BusValue] = []
    ) throws(BusError) {
        try self.init(kind: .call, arguments)
        self.path = path
        self.interface = interface
        self.member = member
        self.destination = destination
    }

    init(kind: Kind, _ arguments: [BusValue] = []) throws(BusError) {
        self.kind = kind
        var writer = BusWriter()
        for argument in arguments { try writer.append(argument) }
        signature = arguments.map(\.signature).joined()
        body = writer.bytes[...]
    }

    /// Unmarshals the body.
    func arguments() throws(BusError) -> [BusValue] {
        var reader = BusReader(body, isBigEndian: isBigEndian)
        return try reader.values(signature)
    }

    // MARK: Bytes

    private static let version: UInt8 = 1
    /// Bytes of the header before the array of fields.
    static let prefixLength = 16
    /// A message that we take; the protocol's own limit is 128 MiB, and nothing that we ask for has 1.
    static let sizeLimit = 1 << 20

    private enum Field: UInt8 {
        case path = 1
        case interface, member, errorName, replySerial, destination, sender, signature
    }

    func encoded() throws(BusError) -> [UInt8] {
        var writer = BusWriter()
        for byte in [UInt8(ascii: "l"), kind?.rawValue ?? 0, 0, Self.version] { try writer.append(.byte(byte)) }
        writer.number(UInt32(body.count))
        writer.number(serial)
        var fields: [BusValue] = []
        func add(_ field: Field, _ value: BusValue?) {
            if let value { fields.append(.structure([.byte(field.rawValue), .variant(value)])) }
        }
        add(.path, path.map { .objectPath($0) })
        add(.interface, interface.map { .string($0) })
        add(.member, member.map { .string($0) })
        add(.errorName, errorName.map { .string($0) })
        add(.replySerial, replySerial.map { .uint32($0) })
        add(.destination, destination.map { .string($0) })
        add(.sender, sender.map { .string($0) })
        add(.signature, signature.isEmpty ? nil : .signature(signature))
        try writer.append(.array(of: "(yv)", fields))
        writer.align(8)
        return writer.bytes + body
    }

    /// How long the message is that begins with these 16 bytes.
    static func length(ofPrefix prefix: ArraySlice<UInt8>) throws(BusError) -> Int {
        var reader = BusReader(prefix, isBigEndian: try endianness(prefix.first))
        _ = try reader.number() as UInt32
        let body: UInt32 = try reader.number()
        _ = try reader.number() as UInt32
        let fields: UInt32 = try reader.number()
        let header = (prefixLength + Int(fields) + 7) & ~7
        guard header + Int(body) <= sizeLimit else { throw .violation("a message of \(header + Int(body)) bytes") }
        return header + Int(body)
    }

    private static func endianness(_ mark: UInt8?) throws(BusError) -> Bool {
        switch mark {
        case UInt8(ascii: "l"): false
        case UInt8(ascii: "B"): true
        default: throw .violation("a message of no byte order")
        }
    }

    /// Reads one whole message.
    init(decoding bytes: ArraySlice<UInt8>) throws(BusError) {
        isBigEndian = try Self.endianness(bytes.first)
        var reader = BusReader(bytes, isBigEndian: isBigEndian)
        _ = try reader.number() as UInt8
        let kindCode: UInt8 = try reader.number()
        guard kindCode != 0 else { throw .violation("a message of the kind 0") }
        kind = Kind(rawValue: kindCode)
        _ = try reader.number() as UInt8
        let version: UInt8 = try reader.number()
        guard version == Self.version else { throw .violation("a message of version \(version)") }
        let bodyLength: UInt32 = try reader.number()
        serial = try reader.number()
        guard serial != 0 else { throw .violation("a message without a serial number") }
        try readFields(&reader)
        try reader.align(8)
        body = bytes[reader.place...]
        guard body.count == Int(bodyLength) else { throw .violation("a body of another length than announced") }
        try checkRequired()
    }

    private mutating func readFields(_ reader: inout BusReader) throws(BusError) {
        let type = BusType.array(.structure([.basic(UInt8(ascii: "y")), .variant]))
        guard case .array(_, let fields) = try reader.value(type) else { return }
        for field in fields {
            guard case .structure(let parts) = field, parts.count == 2, case .byte(let code) = parts[0],
                case .variant(let value) = parts[1]
            else { throw .violation("a header field that isn't one") }
            // Unknown fields must be ignored.
            guard let known = Field(rawValue: code) else { continue }
            try take(known, value)
        }
    }

    private mutating func take(_ field: Field, _ value: BusValue) throws(BusError) {
        switch (field, value) {
        case (.path, .objectPath(let text)): path = text
        case (.interface, .string(let text)): interface = text
        case (.member, .string(let text)): member = text
        case (.errorName, .string(let text)): errorName = text
        case (.replySerial, .uint32(let number)): replySerial = number
        case (.destination, .string(let text)): destination = text
        case (.sender, .string(let text)): sender = text
        case (.signature, .signature(let text)): signature = text
        default: throw .violation("a header field of the wrong type")
        }
    }

    private func checkRequired() throws(BusError) {
        let isComplete =
            switch kind {
            case .call: path != nil && member != nil
            case .answer: replySerial != nil
            case .error: replySerial != nil && errorName != nil
            case .signal: path != nil && interface != nil && member != nil
            case nil: true
            }
        guard isComplete else { throw .violation("a message without a field that its kind needs") }
    }
}
