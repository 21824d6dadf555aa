import SystemCalls

/// How a guest wants to open a path.
public struct OpenRequest: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let read = OpenRequest(rawValue: 1 << 0)
    public static let write = OpenRequest(rawValue: 1 << 1)
    public static let create = OpenRequest(rawValue: 1 << 2)
    public static let exclusive = OpenRequest(rawValue: 1 << 3)
    public static let truncate = OpenRequest(rawValue: 1 << 4)
    /// Anything but a directory is refused.
    public static let directory = OpenRequest(rawValue: 1 << 5)
    public static let append = OpenRequest(rawValue: 1 << 6)
    public static let nonBlocking = OpenRequest(rawValue: 1 << 7)
    public static let synchronized = OpenRequest(rawValue: 1 << 8)
    public static let dataSynchronized = OpenRequest(rawValue: 1 << 9)
    /// A symbolic link at the end is followed, not refused.
    public static let followLinks = OpenRequest(rawValue: 1 << 10)

    /// The kernel's flags: never waiting for the other end of a pipe, never taking a controlling terminal.
    var flags: OpenFlags {
        var flags: OpenFlags = [.noControllingTerminal]
        switch (contains(.read), contains(.write)) {
        case (_, false): flags.insert(.readOnly)
        case (false, true): flags.insert(.writeOnly)
        case (true, true): flags.insert(.readWrite)
        }
        flags.insert(contains(.directory) ? .directory : .nonBlocking)
        if contains(.create) { flags.insert(.create) }
        if contains(.exclusive) { flags.insert(.exclusive) }
        if contains(.truncate) { flags.insert(.truncate) }
        if contains(.append) { flags.insert(.append) }
        if contains(.synchronized) { flags.insert(.synchronized) }
        if contains(.dataSynchronized) { flags.insert(.dataSynchronized) }
        if !contains(.followLinks) { flags.insert(.noFollow) }
        return flags
    }
}

/// What a path turned out to be.
public enum OpenedNode: Sendable {
    case file(OpenFile)
    case directory(OpenDirectory)
}

extension OpenDirectory {
    /// Permissions of a new file and directory before the umask.
    private static let fileMode: UInt32 = 0o666
    static let directoryMode: UInt32 = 0o777

    /// Opens a file or directory below.
    ///
    /// A new directory is confined to itself and inherits the access. Opening never waits: a pipe without a reader is
    /// `ENXIO` for a writer, and a pipe without a writer opens at its end.
    /// Errors beside the kernel's: `invalid` for a directory that is to be created or truncated,
    /// `readOnlyFileSystem` for a change of what is mounted read-only, `notPermitted` for a path that leads out.
    public func open(_ path: borrowing SandboxPath, _ request: OpenRequest) throws(Errno) -> OpenedNode {
        if request.contains(.directory), !request.isDisjoint(with: [.create, .truncate]) { throw .invalid }
        if access == .readOnly { try refuseChange(path, request) }
        // A read-only directory is never created in: what would be created was refused above.
        let flags = access == .readOnly ? request.flags.subtracting([.create, .exclusive]) : request.flags
        let descriptor = try resolve(path.full, flags, mode: Self.fileMode)
        let kind = try FileCalls.status(of: descriptor.rawValue).kind
        if kind == .directory {
            // `.` is the same right once more; anything else is a right to less.
            let confinement = path.parent == nil && path.last == .current ? confinement : .beneath
            return .directory(OpenDirectory(adopting: descriptor, access: access, confinement: confinement))
        }
        if !request.contains(.nonBlocking) {
            try TransferCalls.setStatusFlags(descriptor.rawValue, flags.subtracting(.nonBlocking))
        }
        return .file(OpenFile(adopting: descriptor, kind: kind, access: access))
    }

    /// What a read-only mount says to an open that would change something.
    private func refuseChange(_ path: borrowing SandboxPath, _ request: OpenRequest) throws(Errno) {
        if request.contains(.create) {
            let exists: Bool
            do throws(Errno) {
                _ = try status(of: path, followLinks: request.contains(.followLinks))
                exists = true
            } catch {
                guard error == .noSuchFile else { throw error }
                exists = false
            }
            if exists, request.contains(.exclusive) { throw .exists }
            if !exists { throw .readOnlyFileSystem }
        }
        if !request.isDisjoint(with: [.write, .truncate]), !request.contains(.directory) {
            throw .readOnlyFileSystem
        }
    }
}
