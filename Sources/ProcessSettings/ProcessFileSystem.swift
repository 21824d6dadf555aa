import SystemCalls

/// A descriptor of a real procfs, by which settings are written: nothing that is mounted or linked over a file of it is
/// followed (CVE-2019-16884, CVE-2019-19921, CVE-2025-52881).
public struct ProcessFileSystem: ~Copyable, Sendable {
    public let descriptor: OwnedDescriptor
    /// Whether it is a mount of our own, which no path leads to.
    public let isOwn: Bool

    /// PROC_SUPER_MAGIC and PROC_ROOT_INO.
    private static let rootInode: UInt64 = 1
    /// Bytes of a file here that are read.
    private static let readLimit = 4096

    /// Takes over what another process of the same program has opened as one.
    public init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
        isOwn = false
    }

    /// Gives the descriptor away.
    public consuming func release() -> Int32 { descriptor.release() }

    /// What is mounted at /proc when that is a whole procfs, else one of our own. Works before and after the change of root.
    public init() throws(SystemCallError) {
        if let mounted = try? Files.open("/proc", flags: [.path, .directory, .noFollow], resolve: .noSymbolicLinks),
            Self.isRoot(mounted.rawValue)
        {
            self.init(mounted, isOwn: false)
        } else {
            try self.init(own: ())
        }
    }

    /// A new one for the pid namespace of this process, mounted nowhere. Needs CAP_SYS_ADMIN in the mount namespace's user
    /// namespace, and in one that isn't the first a procfs that is already fully visible.
    public init(own: ()) throws(SystemCallError) {
        let context = try Mounts.openContext(type: "proc")
        let root = try Mounts.create(
            context.rawValue, attributes: [.noSetUserID, .noDevices, .noExecution])
        guard Self.isRoot(root.rawValue) else { throw SystemCallError("fsmount", "proc", .invalid) }
        self.init(root, isOwn: true)
    }

    private init(_ descriptor: consuming OwnedDescriptor, isOwn: Bool) {
        self.descriptor = descriptor
        self.isOwn = isOwn
    }

    private static func isRoot(_ descriptor: Int32) -> Bool {
        guard (try? FilesystemType.of(descriptor)) == .proc,
            let status = try? FileStatus.of(descriptor)
        else { return false }
        return status.inode == rootInode && status.kind == .directory
    }

    /// Opens a file below it. Only links of procfs itself are followed (`self`), none of those that lead anywhere, and no
    /// mount is crossed.
    public borrowing func open(_ path: String, _ flags: OpenFlags) throws(SystemCallError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try Files.open(
                path, in: descriptor.rawValue, flags: flags.union(.noControllingTerminal),
                resolve: [.beneath, .noMountCrossing, .noMagicLinks])
        } catch { throw SystemCallError(error.call, "/proc/\(path)", error.errno) }
    }

    /// Writes a value in one call: what these files take is not put together from pieces.
    ///
    /// What the procfs at /proc lacks, has something mounted over or has read-only is written by one of our own.
    public borrowing func write(_ text: String, to path: String) throws(SystemCallError) {
        do throws(SystemCallError) { return try writeHere(text, to: path) } catch {
            let isHidden = [.noSuchFile, .crossDevice, .readOnlyFileSystem].contains(error.errno)
            guard isHidden, !isOwn else { throw error }
            guard let own = try? ProcessFileSystem(own: ()) else { throw error }
            try own.writeHere(text, to: path)
        }
    }

    private borrowing func writeHere(_ text: String, to path: String) throws(SystemCallError) {
        let file = try open(path, .writeOnly)
        do throws(SystemCallError) {
            try Files.writeAll(file.rawValue, Array(text.utf8))
        } catch { throw SystemCallError(error.call, "/proc/\(path)", error.errno) }
    }

    /// The text of a small file, without the newline at its end.
    public borrowing func read(_ path: String) throws(SystemCallError) -> String {
        let file = try open(path, .readOnly)
        var bytes = try Files.readAll(file.rawValue, limit: Self.readLimit)
        while bytes.last == 0x0A || bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
