import CZygoteProtocol
import SystemCalls

/// What a client asks a zygote for (zygote_protocol.h): a command's words, and what of the client's own state the process that
/// does it takes over.
///
/// Descriptors come beside it: the working directory, the three streams, and those that are the container's, from 3 on.
struct ZygoteRequest: Equatable, Sendable {
    struct Limit: Hashable, Sendable {
        var soft: UInt64
        var hard: UInt64
    }

    /// What the client read of the zygote's own (`ZygoteProof`).
    var proof: String
    var fileModeMask: UInt32
    /// By RLIMIT_ number.
    var limits: [Limit]
    /// How many descriptors from 3 on are the container's.
    var preserved: UInt32
    /// Those of `variableNames`, in their order.
    var variables: [String?]
    /// The words behind the program's name.
    var words: [String]

    static let sizeLimit = Int(MARTLET_ZYGOTE_PACKET)
    static let limitCount = Int(MARTLET_ZYGOTE_LIMITS)
    /// The streams and the working directory.
    static let fixedDescriptors = Int(MARTLET_ZYGOTE_DESCRIPTORS)
    static let preservedLimit = UInt32(MARTLET_ZYGOTE_PRESERVED)
    private static let wordLimit: UInt32 = 1024

    /// What of the environment decides how a container is made. Everything else is the zygote's.
    static let variableNames = MARTLET_ZYGOTE_VARIABLES.split(separator: " ").map(String.init)
}

extension ZygoteRequest {
    /// Why a packet isn't followed.
    enum Refusal: Error, Equatable {
        /// Of another version: the client does without.
        case otherVersion
        case malformed(PacketError)
    }

    init(_ bytes: [UInt8]) throws(Refusal) {
        var reader = PacketReader(bytes)
        let isSame: Bool
        do throws(PacketError) {
            guard try reader.number() == MARTLET_ZYGOTE_MAGIC else { throw PacketError("isn't of this protocol") }
            let version: UInt32 = try reader.number()
            isSame = try reader.text() == MARTLET_VERSION && version == MARTLET_ZYGOTE_PROTOCOL
        } catch { throw .malformed(error) }
        // Of another version, the rest means something else.
        guard isSame else { throw .otherVersion }
        do throws(PacketError) { try self.init(&reader) } catch { throw .malformed(error) }
    }

    private init(_ reader: inout PacketReader) throws(PacketError) {
        proof = try reader.text(limit: Int(MARTLET_ZYGOTE_PROOF_SIZE))
        fileModeMask = try reader.number()
        guard fileModeMask & ~0o777 == 0 else { throw PacketError("a file mode mask has more than nine bits") }
        limits = []
        for _ in 0..<Self.limitCount {
            let limit = Limit(soft: try reader.number(), hard: try reader.number())
            guard limit.soft <= limit.hard else { throw PacketError("a soft limit is above its hard one") }
            limits.append(limit)
        }
        preserved = try reader.number()
        guard preserved <= Self.preservedLimit else { throw PacketError("has too many descriptors") }
        variables = []
        for _ in Self.variableNames {
            variables.append(try reader.flag() ? try reader.text(limit: Self.sizeLimit) : nil)
        }
        let count: UInt32 = try reader.number()
        guard count <= Self.wordLimit else { throw PacketError("has too many words") }
        words = []
        for _ in 0..<count { words.append(try reader.text(limit: Self.sizeLimit)) }
        try reader.end()
    }
}
