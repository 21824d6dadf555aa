/// What a client hears: first from the zygote, then from the process that does the work.
enum ZygoteAnswer: Equatable, Sendable {
    /// A process was forked for the request, and waits for `go`. Beside it comes its pidfd.
    case accepted
    /// Nothing was done: the client does it itself.
    case declined(String)
    /// The operation failed.
    case failed(RuntimeFailure)
    /// The operation is over: the status that the client ends with.
    case ended(Int32)

    static let sizeLimit = 16 << 10
    /// What a client says once it has heard `accepted`. Until then nothing is done, so that one who has given up waiting,
    /// and does without, doesn't find his container made by another.
    static let go: [UInt8] = [UInt8(ascii: "g")]

    private static let textLimit = 8 << 10

    var bytes: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .accepted: writer.add(UInt8(1))
        case .declined(let reason):
            writer.add(UInt8(2))
            writer.add(reason, cutTo: Self.textLimit)
        case .failed(let failure):
            writer.add(UInt8(3))
            writer.add(failure.kind.rawValue)
            writer.add(failure.description, cutTo: Self.textLimit)
        case .ended(let status):
            writer.add(UInt8(4))
            writer.add(status)
        }
        return writer.bytes
    }

    /// nil for what isn't an answer.
    init?(_ bytes: [UInt8]) {
        var reader = PacketReader(bytes)
        do throws(PacketError) {
            switch try reader.number(UInt8.self) {
            case 1: self = .accepted
            case 2: self = .declined(try reader.text(limit: Self.textLimit))
            case 3:
                guard let kind = RuntimeFailure.Kind(rawValue: try reader.number()) else { return nil }
                self = .failed(RuntimeFailure(kind, try reader.text(limit: Self.textLimit)))
            case 4: self = .ended(try reader.signed())
            default: return nil
            }
            try reader.end()
        } catch { return nil }
    }
}
