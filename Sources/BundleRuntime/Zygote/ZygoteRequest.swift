import SystemCalls

/// What a client asks a zygote for: an operation, and what of the client's own state the process that does it takes over.
///
/// Descriptors come beside it: the working directory, the three streams, and those that are the container's, from 3 on.
struct ZygoteRequest: Equatable, Sendable {
    enum Operation: Hashable, Sendable {
        case create
        case run(RunMode)
    }

    struct Limit: Hashable, Sendable {
        var soft: UInt64
        var hard: UInt64
    }

    var settings: RuntimeSettings
    var request: CreateRequest
    var operation: Operation
    var fileModeMask: UInt32
    /// By RLIMIT_ number.
    var limits: [Limit]
    /// Those of `variableNames`, in their order.
    var variables: [String?]
    /// How many descriptors from 3 on are the container's.
    var preserved: UInt32

    /// A request fits into one packet of a unix socket as every kernel sizes it.
    static let sizeLimit = 64 << 10
    static let limitCount = 16
    /// The streams and the working directory.
    static let fixedDescriptors = 4
    static let preservedLimit: UInt32 = 32
    static let variableLimit = 16 << 10

    /// What of the environment decides how a container is made. Everything else is the zygote's.
    static let variableNames = [
        "PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "LISTEN_FDS", "NOTIFY_SOCKET", "DBUS_SESSION_BUS_ADDRESS",
        "DBUS_SYSTEM_BUS_ADDRESS",
    ]

    /// Packets begin with it; then comes the version of program and protocol, which must be the same on both sides.
    static let magic: UInt32 = 0x7967_7a6d
    static let protocolVersion: UInt32 = 3

    func bytes(programVersion: String) -> [UInt8] {
        var writer = PacketWriter()
        writer.add(Self.magic)
        writer.add(Self.protocolVersion)
        writer.add(programVersion)
        settings.write(to: &writer)
        request.write(to: &writer)
        switch operation {
        case .create: writer.add(UInt8(0))
        case .run(let mode):
            writer.add(UInt8(1))
            writer.add(mode.detaches)
            writer.add(mode.keeps)
        }
        writer.add(fileModeMask)
        for limit in limits {
            writer.add(limit.soft)
            writer.add(limit.hard)
        }
        for variable in variables { writer.add(variable) }
        writer.add(preserved)
        return writer.bytes
    }

}

extension ZygoteRequest {
    /// Why a packet isn't followed.
    enum Refusal: Error, Equatable {
        /// Of another version: the client does without.
        case otherVersion
        case malformed(PacketError)
    }

    init(_ bytes: [UInt8], programVersion: String) throws(Refusal) {
        var reader = PacketReader(bytes)
        let isSame: Bool
        do throws(PacketError) {
            guard try reader.number() == Self.magic else { throw PacketError("isn't of this protocol") }
            let version: UInt32 = try reader.number()
            isSame = try reader.text() == programVersion && version == Self.protocolVersion
        } catch { throw .malformed(error) }
        // Of another version, the rest means something else.
        guard isSame else { throw .otherVersion }
        do throws(PacketError) { try self.init(&reader) } catch { throw .malformed(error) }
    }

    private init(_ reader: inout PacketReader) throws(PacketError) {
        settings = try RuntimeSettings(&reader)
        request = try CreateRequest(&reader)
        switch try reader.number(UInt8.self) {
        case 0: operation = .create
        case 1: operation = .run(RunMode(detaches: try reader.flag(), keeps: try reader.flag()))
        default: throw PacketError("asks for an unknown operation")
        }
        fileModeMask = try reader.number()
        guard fileModeMask & ~0o777 == 0 else { throw PacketError("a file mode mask has more than nine bits") }
        limits = []
        for _ in 0..<Self.limitCount {
            let limit = Limit(soft: try reader.number(), hard: try reader.number())
            guard limit.soft <= limit.hard else { throw PacketError("a soft limit is above its hard one") }
            limits.append(limit)
        }
        variables = []
        for _ in Self.variableNames {
            variables.append(try reader.flag() ? try reader.text(limit: Self.variableLimit) : nil)
        }
        preserved = try reader.number()
        guard preserved <= Self.preservedLimit else { throw PacketError("has too many descriptors") }
        try reader.end()
    }
}
