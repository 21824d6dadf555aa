import SystemCalls

/// One entry of an archive, as a value. Names are bytes: a tar archive promises no encoding.
public struct ArchiveEntry: Sendable, Equatable {
    /// What the entry is, with what only such a one has.
    public enum Kind: Sendable, Equatable {
        case regular
        case directory
        case symbolicLink(target: [UInt8])
        /// Another name for an entry that came before, named as the archive names it.
        case hardLink(target: [UInt8])
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case pipe
    }

    /// The name as it stands in the archive: not normalized, not checked.
    public var path: [UInt8]
    public var kind: Kind

    /// The permission bits with set-id and sticky: at most 0o7777.
    public var permissions: UInt32
    public var owner: UInt32
    public var group: UInt32
    public var modified: Timestamp
    public var accessed: Timestamp?

    /// Bytes of the file, holes included. 0 for everything but a regular file.
    public var size: UInt64
    public var extendedAttributes: [ExtendedAttribute]

    /// Where a sparse file has data, in the order of the archive; empty for a file without holes.
    public var extents: [Extent]

    public init(
        path: [UInt8], kind: Kind, permissions: UInt32, owner: UInt32 = 0, group: UInt32 = 0,
        modified: Timestamp = .epoch, accessed: Timestamp? = nil, size: UInt64 = 0,
        extendedAttributes: [ExtendedAttribute] = [], extents: [Extent] = []
    ) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.owner = owner
        self.group = group
        self.modified = modified
        self.accessed = accessed
        self.size = size
        self.extendedAttributes = extendedAttributes
        self.extents = extents
    }

    /// The name for a message.
    public var displayName: String { String(printable: path) }
}

extension ArchiveEntry {
    /// A moment: seconds since the epoch, and nanoseconds from 0 to 999,999,999.
    public struct Timestamp: Sendable, Hashable {
        public var seconds: Int64
        public var nanoseconds: UInt32

        public init(seconds: Int64, nanoseconds: UInt32 = 0) {
            self.seconds = seconds
            self.nanoseconds = min(nanoseconds, 999_999_999)
        }

        public static let epoch = Timestamp(seconds: 0)
    }

    /// An extended attribute with its full name, such as `security.capability`.
    public struct ExtendedAttribute: Sendable, Hashable {
        public var name: [UInt8]
        public var value: [UInt8]

        public init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// A part of a sparse file that has data.
    public struct Extent: Sendable, Hashable {
        public var offset: UInt64
        public var count: UInt64

        public init(offset: UInt64, count: UInt64) {
            self.offset = offset
            self.count = count
        }
    }
}
