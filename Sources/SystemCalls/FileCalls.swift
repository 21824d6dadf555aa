import CLinuxShims
import Glibc

/// Calls on files as a guest makes them: by C string or descriptor, throwing the bare number.
///
/// `Files` makes the same calls for our own use, with strings and with errors that name their subject. Here a missing
/// file is an everyday answer to a guest, so a failure allocates nothing. Every path is read during the call only.
public enum FileCalls {
    /// openat2(2), closed on exec. `EAGAIN` (the lookup raced with a rename) is tried again, at most 64 times.
    public static func open(
        _ path: UnsafePointer<CChar>, in directory: Int32, _ flags: OpenFlags, mode: UInt32 = 0, resolve: Resolution
    ) throws(Errno) -> OwnedDescriptor {
        // A lookup under constant renames must end too; a non-blocking open may say EAGAIN for its own reasons.
        var attempts = 64
        while true {
            let result = martlet_openat2(
                directory, path, UInt64(UInt32(bitPattern: flags.union(.closeOnExec).rawValue)),
                flags.createsFile ? UInt64(mode) : 0, resolve.rawValue)
            if result >= 0 { return OwnedDescriptor(adopting: result) }
            let errno = Errno.last
            attempts -= 1
            guard attempts > 0, errno == .interrupted || errno == .again else { throw errno }
        }
    }

    /// fstatat(2) of a name or path; a symbolic link at its end is not followed.
    public static func status(_ path: UnsafePointer<CChar>, in directory: Int32) throws(Errno) -> FileStatus {
        var status = stat()
        try succeed { fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(raw: status)
    }

    /// fstat(2).
    public static func status(of descriptor: Int32) throws(Errno) -> FileStatus {
        var status = stat()
        try succeed { martlet_status(descriptor, &status) }
        return FileStatus(raw: status)
    }

    /// mkdirat(2).
    public static func makeDirectory(
        _ name: UnsafePointer<CChar>, in directory: Int32, mode: UInt32
    ) throws(Errno) {
        try succeed { mkdirat(directory, name, mode) }
    }

    /// unlinkat(2): a name that isn't a directory, or an empty directory.
    public static func remove(
        _ name: UnsafePointer<CChar>, in directory: Int32, isDirectory: Bool
    ) throws(Errno) {
        try succeed { unlinkat(directory, name, isDirectory ? AT_REMOVEDIR : 0) }
    }

    /// linkat(2), without following a symbolic link at the end of the old name.
    public static func link(
        _ old: UnsafePointer<CChar>, in oldDirectory: Int32, to new: UnsafePointer<CChar>, in newDirectory: Int32
    ) throws(Errno) {
        try succeed { linkat(oldDirectory, old, newDirectory, new, 0) }
    }

    /// symlinkat(2): the target is kept as it is written.
    public static func symbolicLink(
        to target: UnsafePointer<CChar>, at name: UnsafePointer<CChar>, in directory: Int32
    ) throws(Errno) {
        try succeed { symlinkat(target, directory, name) }
    }

    /// renameat(2).
    public static func rename(
        _ old: UnsafePointer<CChar>, in oldDirectory: Int32, to new: UnsafePointer<CChar>, in newDirectory: Int32
    ) throws(Errno) {
        try succeed { renameat(oldDirectory, old, newDirectory, new) }
    }

    /// readlinkat(2): as much of the target as fits.
    public static func readLink(
        _ name: UnsafePointer<CChar>, in directory: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        // The kernel refuses an empty buffer; asked for nothing, we still say whether it is a link.
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1) { (spare) throws(Errno) in
            let room = buffer.bindMemory(to: CChar.self)
            guard let target = room.isEmpty ? spare.baseAddress : room.baseAddress else { return 0 }
            let length = try count { readlinkat(directory, name, target, max(room.count, 1)) }
            return min(length, room.count)
        }
    }

    /// readlinkat(2) of a link opened with O_PATH; anything else is `ENOENT`.
    public static func readLink(
        of descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        try readLink("", in: descriptor, into: buffer)
    }

    /// utimensat(2) of a name; a symbolic link is changed itself.
    public static func setTimes(
        _ name: UnsafePointer<CChar>, in directory: Int32, _ times: FileTimes
    ) throws(Errno) {
        try times.withKernelTimes { (kernel) throws(Errno) in
            try succeed { utimensat(directory, name, kernel, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// utimensat(2) of an open descriptor, one opened with O_PATH too (Linux 5.8).
    public static func setTimes(of descriptor: Int32, _ times: FileTimes) throws(Errno) {
        try times.withKernelTimes { (kernel) throws(Errno) in
            try succeed { utimensat(descriptor, "", kernel, emptyPath) }
        }
    }

    /// AT_EMPTY_PATH: the descriptor itself is meant. Swift's view of glibc lacks it.
    private static let emptyPath: Int32 = 0x1000

    /// Runs a call until a signal no longer interrupts it.
    @inline(__always)
    static func succeed(_ body: () -> Int32) throws(Errno) {
        while body() != 0 {
            let errno = Errno.last
            if errno != .interrupted { throw errno }
        }
    }

    /// The same for calls that return how much they did.
    @inline(__always)
    static func count(_ body: () -> Int) throws(Errno) -> Int {
        while true {
            let result = body()
            if result >= 0 { return result }
            let errno = Errno.last
            if errno != .interrupted { throw errno }
        }
    }
}

/// What utimensat(2) does to the two times of a file.
public struct FileTimes: Sendable {
    /// What becomes of one of them.
    public enum Change: Sendable, Hashable {
        case keep
        case now
        /// Since the epoch; negative seconds lie before it, nanoseconds count upward from 0 to 999,999,999.
        case set(seconds: Int64, nanoseconds: Int64)

        /// Nanoseconds since the epoch.
        public static func set(nanosecondsSinceEpoch time: UInt64) -> Change {
            .set(seconds: Int64(time / 1_000_000_000), nanoseconds: Int64(time % 1_000_000_000))
        }

        // UTIME_NOW and UTIME_OMIT of <linux/stat.h>: macros that Swift can't import.
        fileprivate var kernel: timespec {
            switch self {
            case .keep: timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
            case .now: timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
            case .set(let seconds, let nanoseconds): timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
            }
        }
    }

    public var accessed: Change
    public var modified: Change

    public init(accessed: Change, modified: Change) {
        self.accessed = accessed
        self.modified = modified
    }

    fileprivate func withKernelTimes(
        _ body: (UnsafePointer<timespec>) throws(Errno) -> Void
    ) throws(Errno) {
        try withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { (pair) throws(Errno) in
            pair[0] = accessed.kernel
            pair[1] = modified.kernel
            guard let first = pair.baseAddress else { return }
            try body(UnsafePointer(first))
        }
    }
}
