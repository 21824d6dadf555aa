import CLinuxShims
import Glibc

/// How openat2(2) walks a path: the RESOLVE_ bits.
public struct Resolution: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Refuses to cross a mount point.
    public static let noMountCrossing = Resolution(rawValue: 0x01)
    /// Refuses the links of /proc that lead anywhere.
    public static let noMagicLinks = Resolution(rawValue: 0x02)
    /// Refuses every symbolic link on the way and at the end.
    public static let noSymbolicLinks = Resolution(rawValue: 0x04)
    /// Refuses a path that leaves the directory, and absolute ones.
    public static let beneath = Resolution(rawValue: 0x08)
    /// Takes the directory as the root: `/` and `..` never lead out of it.
    public static let inRoot = Resolution(rawValue: 0x10)
}

/// Files by path and by descriptor: open, read, write, rename, remove.
public enum Files {
    /// The current directory, as the directory argument of an `…at` call.
    public static let currentDirectory: Int32 = AT_FDCWD

    /// Opens by openat2(2), closed on exec.
    ///
    /// A lookup that raced with a rename (`EAGAIN`) is tried again, at most 64 times.
    public static func open(
        _ path: String, in directory: Int32 = currentDirectory, flags: OpenFlags, mode: UInt32 = 0,
        resolve: Resolution = []
    ) throws(SystemCallError) -> OwnedDescriptor {
        let bits = UInt64(UInt32(bitPattern: flags.union(.closeOnExec).rawValue))
        let mode = flags.createsFile ? UInt64(mode) : 0
        var attempts = 64
        while true {
            let descriptor = martlet_openat2(directory, path, bits, mode, resolve.rawValue)
            if descriptor >= 0 { return OwnedDescriptor(adopting: descriptor) }
            let errno = Errno.last
            attempts -= 1
            if attempts > 0, errno == .interrupted || (errno == .again && !resolve.isEmpty) { continue }
            throw SystemCallError("openat2", path, errno)
        }
    }

    /// Reads at most the buffer's size; 0 at the end.
    public static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try checked("read") { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Writes some of the bytes and returns how many.
    public static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try checked("write") { martlet_write(descriptor, bytes.baseAddress, bytes.count) }
    }

    /// Writes all of the bytes.
    public static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemCallError) {
        var written = 0
        while written < bytes.count {
            written += try checked("write") {
                bytes.withUnsafeBytes { buffer in
                    martlet_write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                }
            }
        }
    }

    /// Reads to the end. More than `limit` bytes is `EFBIG`.
    public static func readAll(_ descriptor: Int32, limit: Int) throws(SystemCallError) -> [UInt8] {
        var result: [UInt8] = []
        let size = try? FileStatus.of(descriptor).size
        var chunk = min(max(Int(clamping: size ?? 0), 4096), max(limit, 1), 1 << 20) + 1
        while true {
            let count = result.count
            var failure: SystemCallError?
            let piece = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, initialized in
                do throws(SystemCallError) {
                    initialized = try read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
                } catch { failure = error }
            }
            if let failure { throw failure }
            if piece.isEmpty { return result }
            guard count + piece.count <= limit else { throw SystemCallError("read", nil, .fileTooLarge) }
            if result.isEmpty { result = piece } else { result += piece }
            chunk = min(max(chunk, 4096) * 2, 1 << 20)
        }
    }

    /// The first bytes of a file, wherever its offset stands; fewer when the file is shorter.
    public static func prefix(_ descriptor: Int32, count: Int) throws(SystemCallError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        let read = try checked("pread") { pread(descriptor, buffer.baseAddress, buffer.count, 0) }
        return Array(buffer.prefix(read))
    }

    /// The whole file at a path. More than `limit` bytes is `EFBIG`.
    public static func contents(
        of path: String, in directory: Int32 = currentDirectory, limit: Int
    ) throws(SystemCallError) -> [UInt8] {
        let file = try open(path, in: directory, flags: .readOnly)
        do throws(SystemCallError) {
            return try readAll(file.rawValue, limit: limit)
        } catch { throw SystemCallError(error.call, path, error.errno) }
    }

    /// renameat(2): takes the place of what has the new name.
    public static func rename(
        _ old: String, in oldDirectory: Int32 = currentDirectory, to new: String,
        in newDirectory: Int32 = currentDirectory
    ) throws(SystemCallError) {
        _ = try checked("renameat", "\(old)\" to \"\(new)") { renameat(oldDirectory, old, newDirectory, new) }
    }

    /// Removes a name that isn't a directory.
    public static func unlink(_ path: String, in directory: Int32 = currentDirectory) throws(SystemCallError) {
        _ = try checked("unlinkat", path) { unlinkat(directory, path, 0) }
    }

    /// mkdirat(2). `EEXIST` for whatever has the name.
    public static func makeDirectory(
        _ path: String, in directory: Int32 = currentDirectory, mode: UInt32
    ) throws(SystemCallError) {
        _ = try checked("mkdirat", path) { mkdirat(directory, path, mode) }
    }

    /// Makes a directory; whatever has the name already is fine.
    public static func ensureDirectory(
        _ path: String, in directory: Int32 = currentDirectory, mode: UInt32
    ) throws(SystemCallError) {
        do throws(SystemCallError) { try makeDirectory(path, in: directory, mode: mode) } catch {
            if error.errno != .exists { throw error }
        }
    }

    /// unlinkat(2): removes an empty directory.
    public static func removeDirectory(_ path: String, in directory: Int32 = currentDirectory) throws(SystemCallError) {
        _ = try checked("unlinkat", path) { unlinkat(directory, path, AT_REMOVEDIR) }
    }

    /// The target of a symbolic link, at most 4,096 bytes.
    public static func target(
        ofLink path: String, in directory: Int32 = currentDirectory
    ) throws(SystemCallError) -> String {
        // SAFETY: readlinkat writes at most the capacity that it is given and returns how much it wrote.
        let capacity = 4096
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        defer { buffer.deallocate() }
        let count = try checked("readlinkat", path) {
            readlinkat(directory, path, buffer.assumingMemoryBound(to: CChar.self), capacity)
        }
        return String(decoding: UnsafeRawBufferPointer(start: buffer, count: count), as: UTF8.self)
    }
}
