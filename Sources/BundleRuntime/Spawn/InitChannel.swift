import SystemCalls

/// What a container's first process and its creator tell each other while it is made.
enum InitMessage: Equatable {
    /// From the process between the two: the number of the one that it made.
    case spawned(Int32)
    /// A user namespace was made: its ids are to be mapped.
    case needsMapping
    /// Mapped, and in its control group.
    case go
    /// The control groups are made, and may be entered by the files beside this message.
    case groups
    /// The root is built: the hooks of the runtime's side run now.
    case mounted
    /// With the process's number, as the runtime sees it.
    case hooksDone(process: Int32)
    /// Everything that `create` does is done. With the phases, when they are traced.
    case ready(trace: String)
    /// The container is on record; `start` will come, or now is the start.
    case recorded(process: Int32, startsNow: Bool)
    /// What comes next is the program; when it can't be executed, `failed` still comes.
    case executing
    /// Something that was asked for and isn't had, and is no error.
    case warning(String)
    /// It can't be made.
    case failed(RuntimeFailure)
}

/// One end of the connection, on which each message is one packet.
struct InitChannel: ~Copyable {
    private let socket: OwnedDescriptor

    /// The longest message; what a failure says is cut to it.
    static let messageLimit = 16 << 10

    /// Control groups whose files come with one message.
    static let groupLimit = 32

    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    var rawValue: Int32 { socket.rawValue }

    /// For what follows on the same connection.
    consuming func takeSocket() -> OwnedDescriptor { socket }

    /// A peer that is gone is noticed by the next `receive`.
    borrowing func send(_ message: InitMessage, descriptors: [Int32] = []) {
        _ = try? LocalSockets.send(rawValue, message.bytes, descriptors: descriptors)
    }

    /// The next message; nil when the peer is gone, or said what isn't in the protocol.
    borrowing func receive() -> InitMessage? {
        guard let bytes = try? Self.receive(rawValue) else { return nil }
        return InitMessage(bytes)
    }

    /// The next message's bytes; none when the peer is gone.
    ///
    /// When it went without having read what we sent, the kernel tells that once, before it hands out what the peer had sent:
    /// usually why it went.
    static func receive(_ connection: Int32) throws(SystemCallError) -> [UInt8] {
        do throws(SystemCallError) { return try LocalSockets.receive(connection, limit: messageLimit).bytes } catch {
            guard error.errno == .connectionReset else { throw error }
            return try LocalSockets.receive(connection, limit: messageLimit).bytes
        }
    }

    /// The files that come with `groups`; nil when something else came, or nothing. The caller owns them.
    borrowing func receiveGroups() -> [Int32]? {
        guard
            let received = try? LocalSockets.receive(
                rawValue, limit: Self.messageLimit, descriptorLimit: Self.groupLimit)
        else { return nil }
        guard InitMessage(received.bytes) == .groups else {
            for descriptor in received.descriptors { _ = OwnedDescriptor(adopting: descriptor) }
            return nil
        }
        return received.descriptors
    }
}

extension InitMessage {
    private enum Tag {
        static let spawned = UInt8(ascii: "p")
        static let needsMapping = UInt8(ascii: "u")
        static let go = UInt8(ascii: "g")
        static let groups = UInt8(ascii: "e")
        static let mounted = UInt8(ascii: "m")
        static let hooksDone = UInt8(ascii: "h")
        static let ready = UInt8(ascii: "r")
        static let recorded = UInt8(ascii: "d")
        static let executing = UInt8(ascii: "x")
        static let warning = UInt8(ascii: "w")
        static let failed = UInt8(ascii: "f")
    }

    var bytes: [UInt8] {
        switch self {
        case .spawned(let process): [Tag.spawned] + Self.number(process)
        case .needsMapping: [Tag.needsMapping]
        case .go: [Tag.go]
        case .groups: [Tag.groups]
        case .mounted: [Tag.mounted]
        case .hooksDone(let process): [Tag.hooksDone] + Self.number(process)
        case .ready(let trace): [Tag.ready] + trace.utf8.prefix(InitChannel.messageLimit - 1)
        case .recorded(let process, let startsNow): [Tag.recorded, startsNow ? 1 : 0] + Self.number(process)
        case .executing: [Tag.executing]
        case .warning(let text): [Tag.warning] + text.utf8.prefix(InitChannel.messageLimit - 1)
        case .failed(let failure):
            [Tag.failed, failure.kind.rawValue] + failure.description.utf8.prefix(InitChannel.messageLimit - 2)
        }
    }

    /// nil when it is none.
    init?(_ bytes: [UInt8]) {
        guard let tag = bytes.first else { return nil }
        let rest = bytes.dropFirst()
        switch tag {
        case Tag.spawned:
            guard let process = Self.number(rest) else { return nil }
            self = .spawned(process)
        case Tag.needsMapping: self = .needsMapping
        case Tag.go: self = .go
        case Tag.groups: self = .groups
        case Tag.mounted: self = .mounted
        case Tag.hooksDone:
            guard let process = Self.number(rest) else { return nil }
            self = .hooksDone(process: process)
        case Tag.ready: self = .ready(trace: String(decoding: rest, as: UTF8.self))
        case Tag.recorded:
            guard let flag = rest.first, let process = Self.number(rest.dropFirst()) else { return nil }
            self = .recorded(process: process, startsNow: flag == 1)
        case Tag.executing: self = .executing
        case Tag.warning: self = .warning(String(decoding: rest, as: UTF8.self))
        case Tag.failed:
            guard let kind = rest.first.flatMap(RuntimeFailure.Kind.init) else { return nil }
            self = .failed(RuntimeFailure(kind, String(decoding: rest.dropFirst(), as: UTF8.self)))
        default: return nil
        }
    }

    private static func number(_ value: Int32) -> [UInt8] {
        let bits = UInt32(bitPattern: value)
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int32? {
        guard bytes.count == 4 else { return nil }
        return Int32(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
}
