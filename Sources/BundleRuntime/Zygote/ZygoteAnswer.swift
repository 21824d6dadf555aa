import CZygoteProtocol

/// What a client hears (zygote_protocol.h): first from the zygote, then from the process that does the work.
enum ZygoteAnswer: Equatable, Sendable {
    /// A process was forked for the request, and waits for `go`. Beside it comes its pidfd.
    case accepted
    /// Nothing was done: the client does it itself.
    case declined(String)
    /// The operation is over, and whatever failed was said: the status that the client ends with.
    case ended(Int32)

    /// What a client says once it has heard `accepted`. Until then nothing is done, so that one who has given up waiting,
    /// and does without, doesn't find his container made by another.
    static let go = [UInt8(MARTLET_ZYGOTE_GO)]

    private static let textLimit = Int(MARTLET_ZYGOTE_ANSWER) / 2

    var bytes: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .accepted: writer.add(UInt8(MARTLET_ZYGOTE_ACCEPTED))
        case .declined(let reason):
            writer.add(UInt8(MARTLET_ZYGOTE_DECLINED))
            writer.add(reason, cutTo: Self.textLimit)
        case .ended(let status):
            writer.add(UInt8(MARTLET_ZYGOTE_ENDED))
            writer.add(status)
        }
        return writer.bytes
    }
}
