import SystemCalls

/// A directory that a guest may use, and the rules for everything below it.
///
/// Every operation takes a path relative to the directory and never leaves it, not even when others rename what lies
/// below at the same time: a path of several components is walked by the kernel (openat2), and a path of one name is
/// used with calls that don't follow a link at its end.
public final class OpenDirectory: Sendable {
    /// Whether what lies below may be changed.
    public enum Access: Sendable {
        case readWrite
        /// Every change is refused with `readOnlyFileSystem`, whatever the host would allow.
        case readOnly
    }

    /// What `..` above the directory and absolute links mean.
    public enum Confinement: Sendable {
        /// Both are refused with `notPermitted`: the rule of WASI, and of every directory that a guest opens itself,
        /// since a directory descriptor is a right to what lies below it and to nothing else.
        case beneath
        /// The directory is the guest's `/`: an absolute link starts there again and `..` stays there, as in a chroot.
        /// For the root of an image, whose links (`/etc/mtab` to `/proc/mounts`) are made for that.
        case root
    }

    public let descriptor: OwnedDescriptor
    public let access: Access
    public let confinement: Confinement

    /// Takes over a directory descriptor; to list it, it has to be open for reading and not for its name only.
    public init(
        adopting descriptor: consuming OwnedDescriptor, access: Access = .readWrite,
        confinement: Confinement = .beneath
    ) {
        self.descriptor = descriptor
        self.access = access
        self.confinement = confinement
    }

    /// How the kernel walks a path from here.
    var resolution: Resolution {
        switch confinement {
        case .beneath: [.beneath, .noMagicLinks]
        case .root: [.inRoot, .noMagicLinks]
        }
    }

    /// Refuses a change of what is mounted read-only.
    func requireWritable() throws(Errno) {
        if access == .readOnly { throw .readOnlyFileSystem }
    }

    /// Opens what a path means, without leaving the directory.
    func resolve(
        _ path: UnsafePointer<CChar>, _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(Errno) -> OwnedDescriptor {
        do throws(Errno) {
            return try FileCalls.open(path, in: descriptor.rawValue, flags, mode: mode, resolve: resolution)
        } catch {
            // The kernel says "another device" when a path leads out of the directory.
            throw error == .crossDevice ? .notPermitted : error
        }
    }

    /// Lends the directory that the last component is in, and the component.
    ///
    /// The component may be `..`: only for calls that refuse it themselves (make, remove, link to, rename).
    func withParent<R>(
        of path: borrowing SandboxPath, _ body: (Int32, UnsafePointer<CChar>) throws(Errno) -> R
    ) throws(Errno) -> R {
        guard let parent = path.parent else { return try body(descriptor.rawValue, path.name) }
        let directory = try resolve(parent, [.path, .directory])
        return try body(directory.rawValue, path.name)
    }
}

// What is known of a file without opening it.
extension OpenDirectory {
    /// The status of the directory itself.
    public func status() throws(Errno) -> FileStatus { try FileCalls.status(of: descriptor.rawValue) }

    /// The status of what a path means: one system call for a name that isn't a followed link.
    public func status(of path: borrowing SandboxPath, followLinks: Bool) throws(Errno) -> FileStatus {
        if path.isOneName {
            let status = try FileCalls.status(path.name, in: descriptor.rawValue)
            guard followLinks, status.kind == .symbolicLink else { return status }
        }
        let node = try resolve(path.full, followLinks ? .path : [.path, .noFollow])
        return try FileCalls.status(of: node.rawValue)
    }

    /// Reads as much of a symbolic link's target as fits: `invalid` if it isn't one.
    public func readLink(
        _ path: borrowing SandboxPath, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        if path.isOneName {
            return try FileCalls.readLink(path.name, in: descriptor.rawValue, into: buffer)
        }
        let node = try resolve(path.full, [.path, .noFollow])
        do throws(Errno) {
            return try FileCalls.readLink(of: node.rawValue, into: buffer)
        } catch {
            // By descriptor the kernel says ENOENT for what isn't a link.
            throw error == .noSuchFile ? .invalid : error
        }
    }

    public func setTimes(
        of path: borrowing SandboxPath, followLinks: Bool, _ times: FileTimes
    ) throws(Errno) {
        try requireWritable()
        if path.isOneName, !followLinks {
            return try FileCalls.setTimes(path.name, in: descriptor.rawValue, times)
        }
        let node = try resolve(path.full, followLinks ? .path : [.path, .noFollow])
        try FileCalls.setTimes(of: node.rawValue, times)
    }

    /// Changes the times of the directory itself.
    public func setTimes(_ times: FileTimes) throws(Errno) {
        try requireWritable()
        try FileCalls.setTimes(of: descriptor.rawValue, times)
    }
}
