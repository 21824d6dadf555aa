/// What unpacking did.
public struct UnpackSummary: Sendable, Equatable {
    public var layers = 0

    /// Entries of all layers, and the directories made on the way to one.
    public var entries: UInt64 = 0

    /// Bytes of file data written.
    public var bytes: UInt64 = 0

    /// What was left out or changed, each kind once.
    public internal(set) var notes: [UnpackNote] = []

    public init() {}
}

/// Something that unpacking had to leave out, how often, and where first.
public struct UnpackNote: Sendable, Equatable {
    /// What was done other than the layer says.
    public enum Kind: String, Sendable, Hashable {
        case ownerNotSet = "owner not set (not privileged)"
        case setIDBitsDropped = "set-user-id and set-group-id bits dropped, since the owner isn't the one meant"
        case deviceSkipped = "device node left out"
        case attributeSkipped = "extended attribute left out"
        case attributeNotSet = "extended attribute not set (not privileged, or the file system has none)"
        case auxiliaryFileSkipped = "auxiliary file of a layered file system left out"
    }

    public var kind: Kind
    public var count: UInt64
    /// The entry, and what of it where that helps.
    public var firstExample: String
}

extension UnpackNote: CustomStringConvertible {
    public var description: String {
        count == 1 ? "\(kind.rawValue): \(firstExample)" : "\(kind.rawValue): \(firstExample) and \(count - 1) more"
    }
}

extension UnpackSummary {
    mutating func note(_ kind: UnpackNote.Kind, _ example: @autoclosure () -> String) {
        if let index = notes.firstIndex(where: { $0.kind == kind }) {
            notes[index].count += 1
        } else {
            notes.append(UnpackNote(kind: kind, count: 1, firstExample: example()))
        }
    }
}
