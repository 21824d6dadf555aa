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

extension InitMessage {
    /// ASCII letters, which no message of a `StartChannel` begins with: both come by the same connection.
    private enum Tag: UInt8 {
        case spawned = 0x70
        case needsMapping = 0x75
        case go = 0x67
        case groups = 0x65
        case mounted = 0x6d
        case hooksDone = 0x68
        case ready = 0x72
        case recorded = 0x64
        case executing = 0x78
        case warning = 0x77
        case failed = 0x66
    }

    /// What a failure or a warning says is cut to it, and fits into a message with all that stands before it.
    static let textLimit = InitChannel.messageLimit - 16

    var bytes: [UInt8] {
        var writer = PacketWriter()
        switch self {
        case .spawned(let process):
            writer.add(Tag.spawned.rawValue)
            writer.add(process)
        case .needsMapping: writer.add(Tag.needsMapping.rawValue)
        case .go: writer.add(Tag.go.rawValue)
        case .groups: writer.add(Tag.groups.rawValue)
        case .mounted: writer.add(Tag.mounted.rawValue)
        case .hooksDone(let process):
            writer.add(Tag.hooksDone.rawValue)
            writer.add(process)
        case .ready(let trace):
            writer.add(Tag.ready.rawValue)
            writer.add(trace, cutTo: Self.textLimit)
        case .recorded(let process, let startsNow):
            writer.add(Tag.recorded.rawValue)
            writer.add(process)
            writer.add(startsNow)
        case .executing: writer.add(Tag.executing.rawValue)
        case .warning(let text):
            writer.add(Tag.warning.rawValue)
            writer.add(text, cutTo: Self.textLimit)
        case .failed(let failure):
            writer.add(Tag.failed.rawValue)
            writer.add(failure.kind.rawValue)
            writer.add(failure.description, cutTo: Self.textLimit)
        }
        return writer.bytes
    }

    /// nil when it is none.
    init?(_ bytes: [UInt8]) {
        guard let tag = bytes.first.flatMap(Tag.init) else { return nil }
        var reader = PacketReader(bytes.dropFirst())
        do throws(PacketError) {
            switch tag {
            case .spawned: self = .spawned(try reader.signed())
            case .needsMapping: self = .needsMapping
            case .go: self = .go
            case .groups: self = .groups
            case .mounted: self = .mounted
            case .hooksDone: self = .hooksDone(process: try reader.signed())
            case .ready: self = .ready(trace: try reader.text(limit: Self.textLimit))
            case .recorded: self = .recorded(process: try reader.signed(), startsNow: try reader.flag())
            case .executing: self = .executing
            case .warning: self = .warning(try reader.text(limit: Self.textLimit))
            case .failed:
                guard let kind = RuntimeFailure.Kind(rawValue: try reader.number()) else { return nil }
                self = .failed(RuntimeFailure(kind, try reader.text(limit: Self.textLimit)))
            }
            try reader.end()
        } catch { return nil }
    }
}
