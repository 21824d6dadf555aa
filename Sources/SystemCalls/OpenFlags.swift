import Glibc

/// How a file is opened: the O_ flags of open(2). `closeOnExec` is always added by `Files.open`.
public struct OpenFlags: OptionSet, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let readOnly: OpenFlags = []
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    public static let create = OpenFlags(rawValue: O_CREAT)
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    public static let append = OpenFlags(rawValue: O_APPEND)
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    public static let synchronized = OpenFlags(rawValue: O_SYNC)
    public static let dataSynchronized = OpenFlags(rawValue: O_DSYNC)
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    public static let closeOnExec = OpenFlags(rawValue: O_CLOEXEC)
    /// O_PATH: a name to work from, neither readable nor writable.
    public static let path = OpenFlags(rawValue: 0o10_000_000)
    /// O_TMPFILE without O_DIRECTORY: a file without a name in the directory.
    public static let temporary = OpenFlags(rawValue: 0o20_000_000 | O_DIRECTORY)

    /// Whether the kernel looks at a mode: it refuses one on any other call.
    var createsFile: Bool { contains(.create) || contains(.temporary) }
}
