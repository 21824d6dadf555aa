import Glibc

/// A netlink(7) socket for rtnetlink(7): requests about the network devices of the namespace in which it was opened.
public struct RouteSocket: ~Copyable {
    private let socket: OwnedDescriptor
    private var sequence: UInt32 = 0

    /// Kinds of requests and answers.
    public enum Kind {
        static let error: UInt16 = 2
        static let done: UInt16 = 3
        public static let newLink: UInt16 = 16
        public static let getLink: UInt16 = 18
        public static let newAddress: UInt16 = 20
        public static let getAddress: UInt16 = 22
    }

    /// What a request asks for beside its kind; the kernel has the same bits for different things.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        static let request = Flags(rawValue: 1)
        static let acknowledge = Flags(rawValue: 4)
        public static let dump = Flags(rawValue: 0x300)
        /// Makes something that mustn't be there yet.
        public static let create = Flags(rawValue: 0x600)
    }

    /// Answers to one request.
    public static let answerLimit = 65536
    /// The longest packet that the kernel makes of answers.
    private static let packetLimit = 64 << 10
    private static let headerSize = 16

    public init() throws(SystemCallError) {
        socket = OwnedDescriptor(
            adopting: try checked("socket", "AF_NETLINK") {
                Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
    }

    /// Sends a request and waits for the kernel's answers, each without its header.
    ///
    /// - Parameter subject: what an error says that it was about.
    @discardableResult
    public mutating func ask(
        _ kind: UInt16, _ body: [UInt8], _ flags: Flags = [], about subject: String
    ) throws(SystemCallError) -> [[UInt8]] {
        sequence &+= 1
        // An answer of one message isn't followed by an acknowledgement's when there is an error; a dump ends by itself.
        let all = flags.union(flags.contains(.dump) ? .request : [.request, .acknowledge])
        var packet: [UInt8] = []
        packet.append(number: UInt32(Self.headerSize + body.count))
        packet.append(number: kind)
        packet.append(number: all.rawValue)
        packet.append(number: sequence)
        packet.append(number: UInt32(0))
        packet += body
        _ = try checked("send", subject) { send(socket.rawValue, packet, packet.count, 0) }
        var answers: [[UInt8]] = []
        while try !receive(into: &answers, subject) {}
        return answers
    }

    /// - Returns: whether that was the last.
    private func receive(into answers: inout [[UInt8]], _ subject: String) throws(SystemCallError) -> Bool {
        var packet = [UInt8](repeating: 0, count: Self.packetLimit)
        let count = try checked("recv", subject) { recv(socket.rawValue, &packet, packet.count, 0) }
        var rest = packet[..<count]
        while rest.count >= Self.headerSize {
            let length = Int(rest.number(at: 0, as: UInt32.self))
            guard length >= Self.headerSize, length <= rest.count else { break }
            let message = rest.prefix(length)
            // Each begins at a multiple of four.
            rest = rest.dropFirst((length + 3) & ~3)
            guard message.number(at: 8, as: UInt32.self) == sequence else { continue }
            switch message.number(at: 4, as: UInt16.self) {
            case Kind.done: return true
            case Kind.error:
                guard length >= Self.headerSize + 4 else { throw SystemCallError("netlink", subject, .inputOutput) }
                let code = Int32(bitPattern: message.number(at: Self.headerSize, as: UInt32.self))
                if code == 0 { return true }
                throw SystemCallError("netlink", subject, Errno(rawValue: 0 &- code))
            default:
                guard answers.count < Self.answerLimit else { throw SystemCallError("netlink", subject, .noSpace) }
                answers.append(Array(message.dropFirst(Self.headerSize)))
            }
        }
        return false
    }
}

/// Attributes behind a message's fixed part: length, kind, value, each at a multiple of four.
enum RouteAttributes {
    private static let headerSize = 4
    /// The bits of a kind that say how it is written.
    private static let kindMask: UInt16 = 0x3fff

    /// The values by their kinds; what doesn't fit its message ends the list.
    static func read(_ message: [UInt8], after fixed: Int) -> [UInt16: ArraySlice<UInt8>] {
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        var rest = message.dropFirst(fixed)
        while rest.count >= headerSize {
            let length = Int(rest.number(at: 0, as: UInt16.self))
            guard length >= headerSize, length <= rest.count else { break }
            found[rest.number(at: 2, as: UInt16.self) & kindMask] = rest.prefix(length).dropFirst(headerSize)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return found
    }

    static func append(_ kind: UInt16, _ value: some Collection<UInt8>, to message: inout [UInt8]) {
        message.append(number: UInt16(headerSize + value.count))
        message.append(number: kind)
        message += value
        while message.count % 4 != 0 { message.append(0) }
    }
}

extension [UInt8] {
    /// In the machine's own order of bytes, as netlink has all numbers.
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// The number that begins so far behind the slice's start. All of it has to be there.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
        var number = Number.zero
        let bytes = dropFirst(offset).prefix(MemoryLayout<Number>.size)
        Swift.withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: bytes) }
        return number
    }
}
