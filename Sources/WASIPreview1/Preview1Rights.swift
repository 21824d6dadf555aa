/// What a guest may do with a descriptor: `rights` of the witx file.
public struct Preview1Rights: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let fdDatasync = Preview1Rights(rawValue: 1 << 0)
    public static let fdRead = Preview1Rights(rawValue: 1 << 1)
    public static let fdSeek = Preview1Rights(rawValue: 1 << 2)
    public static let fdFdstatSetFlags = Preview1Rights(rawValue: 1 << 3)
    public static let fdSync = Preview1Rights(rawValue: 1 << 4)
    public static let fdTell = Preview1Rights(rawValue: 1 << 5)
    public static let fdWrite = Preview1Rights(rawValue: 1 << 6)
    public static let fdAdvise = Preview1Rights(rawValue: 1 << 7)
    public static let fdAllocate = Preview1Rights(rawValue: 1 << 8)
    public static let pathCreateDirectory = Preview1Rights(rawValue: 1 << 9)
    public static let pathCreateFile = Preview1Rights(rawValue: 1 << 10)
    public static let pathLinkSource = Preview1Rights(rawValue: 1 << 11)
    public static let pathLinkTarget = Preview1Rights(rawValue: 1 << 12)
    public static let pathOpen = Preview1Rights(rawValue: 1 << 13)
    public static let fdReaddir = Preview1Rights(rawValue: 1 << 14)
    public static let pathReadlink = Preview1Rights(rawValue: 1 << 15)
    public static let pathRenameSource = Preview1Rights(rawValue: 1 << 16)
    public static let pathRenameTarget = Preview1Rights(rawValue: 1 << 17)
    public static let pathFilestatGet = Preview1Rights(rawValue: 1 << 18)
    public static let pathFilestatSetSize = Preview1Rights(rawValue: 1 << 19)
    public static let pathFilestatSetTimes = Preview1Rights(rawValue: 1 << 20)
    public static let fdFilestatGet = Preview1Rights(rawValue: 1 << 21)
    public static let fdFilestatSetSize = Preview1Rights(rawValue: 1 << 22)
    public static let fdFilestatSetTimes = Preview1Rights(rawValue: 1 << 23)
    public static let pathSymlink = Preview1Rights(rawValue: 1 << 24)
    public static let pathRemoveDirectory = Preview1Rights(rawValue: 1 << 25)
    public static let pathUnlinkFile = Preview1Rights(rawValue: 1 << 26)
    public static let pollFdReadwrite = Preview1Rights(rawValue: 1 << 27)
    public static let sockShutdown = Preview1Rights(rawValue: 1 << 28)
    public static let sockAccept = Preview1Rights(rawValue: 1 << 29)

    /// Every right that preview 1 knows.
    public static let all = Preview1Rights(rawValue: (1 << 30) - 1)
}

// The rights that apply to each kind of descriptor. A right outside of these is never granted.
extension Preview1Rights {
    /// A regular file.
    public static let file: Preview1Rights = [
        .fdDatasync, .fdRead, .fdSeek, .fdFdstatSetFlags, .fdSync, .fdTell, .fdWrite, .fdAdvise, .fdAllocate,
        .fdFilestatGet, .fdFilestatSetSize, .fdFilestatSetTimes, .pollFdReadwrite,
    ]

    /// A terminal or a pipe: no seek and no tell, which is how wasi-libc's `isatty` tells a terminal from other
    /// devices.
    public static let stream: Preview1Rights = [
        .fdRead, .fdWrite, .fdFdstatSetFlags, .fdFilestatGet, .pollFdReadwrite,
    ]

    /// A directory.
    public static let directory: Preview1Rights = [
        .fdFdstatSetFlags, .fdSync, .fdDatasync, .fdAdvise, .pathCreateDirectory, .pathCreateFile, .pathLinkSource,
        .pathLinkTarget, .pathOpen, .fdReaddir, .pathReadlink, .pathRenameSource, .pathRenameTarget,
        .pathFilestatGet, .pathFilestatSetSize, .pathFilestatSetTimes, .fdFilestatGet, .fdFilestatSetTimes,
        .pathSymlink, .pathRemoveDirectory, .pathUnlinkFile, .pollFdReadwrite,
    ]

    /// A connected socket.
    public static let connection: Preview1Rights = [
        .fdRead, .fdWrite, .fdFdstatSetFlags, .fdFilestatGet, .pollFdReadwrite, .sockShutdown,
    ]

    /// A listening socket, and by inheritance what `sock_accept` returns.
    public static let listener: Preview1Rights = connection.union(.sockAccept)
}
