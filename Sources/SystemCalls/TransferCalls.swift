import CLinuxShims
import Glibc

/// Calls that move bytes and sizes of an open file, throwing the bare number; see `FileCalls`.
public enum TransferCalls {
    // A sandboxed workload has preadv2(2) and pwritev2(2), most have read(2), and none another call of this family
    // (`SeccompProfile`): the offset -1 makes readv(2) and writev(2) of the former two.

    /// read(2) or readv(2): may read less; 0 at the end.
    ///
    /// One buffer goes by the plain call: the kernel spends 60 to 100 ns on taking over an array of them.
    public static func read(
        _ descriptor: Int32, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        if let only = vectors.only {
            do throws(Errno) {
                return try FileCalls.count { Glibc.read(descriptor, only.base, only.count) }
            } catch { if error != .notImplemented { throw error } }
        }
        return try FileCalls.count {
            vectors.withKernelVectors { martlet_read_vectors(descriptor, $0, Int32(clamping: $1), -1) }
        }
    }

    /// readv(2) that doesn't wait, whatever the descriptor's own flag says: `EAGAIN`. `ENOTSUP` for what can't be asked so, such
    /// as terminals, and pipes before Linux 6.4.
    public static func readNow(
        _ descriptor: Int32, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.withKernelVectors { martlet_read_now(descriptor, $0, Int32(clamping: $1)) }
        }
    }

    /// preadv(2). A negative offset is `EINVAL`.
    public static func read(
        _ descriptor: Int32, at offset: Int64, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalid }
        return try FileCalls.count {
            vectors.withKernelVectors { martlet_read_vectors(descriptor, $0, Int32(clamping: $1), offset) }
        }
    }

    /// writev(2): may write less.
    public static func write(
        _ descriptor: Int32, _ vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.withKernelVectors { martlet_write_vectors(descriptor, $0, Int32(clamping: $1), -1) }
        }
    }

    /// write(2): may write less. Not in a sandbox.
    public static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try FileCalls.count { Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }

    /// pwritev(2). A file opened for appending appends, whatever the offset. A negative offset is `EINVAL`.
    public static func write(
        _ descriptor: Int32, at offset: Int64, _ vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalid }
        return try FileCalls.count {
            vectors.withKernelVectors { martlet_write_vectors(descriptor, $0, Int32(clamping: $1), offset) }
        }
    }

    /// From where an offset counts.
    public enum SeekOrigin: Sendable {
        case start, current, end

        fileprivate var kernel: Int32 {
            switch self {
            case .start: SEEK_SET
            case .current: SEEK_CUR
            case .end: SEEK_END
            }
        }
    }

    /// lseek(2): the new offset.
    public static func seek(_ descriptor: Int32, _ offset: Int64, from origin: SeekOrigin) throws(Errno) -> Int64 {
        Int64(try FileCalls.count { Int(lseek(descriptor, off_t(offset), origin.kernel)) })
    }

    /// ftruncate(2): cuts, or grows with zeros.
    public static func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try FileCalls.succeed { ftruncate(descriptor, off_t(size)) }
    }

    /// posix_fallocate(3): the range exists and has its blocks; the file grows if needed.
    ///
    /// In a sandbox, where fallocate(2) isn't left, the range exists and its blocks are found when they are written.
    public static func allocate(_ descriptor: Int32, offset: Int64, count: Int64) throws(Errno) {
        while true {
            // Returns the number instead of setting errno.
            let result = posix_fallocate(descriptor, off_t(offset), off_t(count))
            if result == 0 { return }
            if result == ENOSYS { return try grow(descriptor, offset: offset, count: count) }
            if result != EINTR { throw Errno(rawValue: result) }
        }
    }

    private static func grow(_ descriptor: Int32, offset: Int64, count: Int64) throws(Errno) {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count > 0 else { throw .invalid }
        guard !overflow else { throw .fileTooLarge }
        if try FileCalls.status(of: descriptor).size < end { try truncate(descriptor, to: end) }
    }

    /// The POSIX_FADV_ kinds.
    public enum Advice: Sendable, CaseIterable {
        case normal, sequential, random, willNeed, dontNeed, noReuse

        fileprivate var kernel: Int32 {
            switch self {
            case .normal: POSIX_FADV_NORMAL
            case .sequential: POSIX_FADV_SEQUENTIAL
            case .random: POSIX_FADV_RANDOM
            case .willNeed: POSIX_FADV_WILLNEED
            case .dontNeed: POSIX_FADV_DONTNEED
            case .noReuse: POSIX_FADV_NOREUSE
            }
        }
    }

    /// posix_fadvise(2). A count of 0 means up to the end.
    public static func advise(
        _ descriptor: Int32, offset: Int64, count: Int64, _ advice: Advice
    ) throws(Errno) {
        // Returns the number instead of setting errno.
        let result = posix_fadvise(descriptor, off_t(offset), off_t(count), advice.kernel)
        if result != 0 { throw Errno(rawValue: result) }
    }

    /// fdatasync(2) or fsync(2); in a sandbox, which has the latter alone, always that.
    public static func synchronize(_ descriptor: Int32, dataOnly: Bool) throws(Errno) {
        if dataOnly {
            do throws(Errno) {
                return try FileCalls.succeed { fdatasync(descriptor) }
            } catch {
                if error != .notImplemented { throw error }
            }
        }
        try FileCalls.succeed { fsync(descriptor) }
    }

    /// fcntl(2) F_GETFL.
    public static func statusFlags(_ descriptor: Int32) throws(Errno) -> OpenFlags {
        OpenFlags(rawValue: Int32(try FileCalls.count { Int(martlet_fcntl_int(descriptor, F_GETFL, 0)) }))
    }

    /// fcntl(2) F_SETFL: of these flags the kernel changes append and non-blocking alone.
    public static func setStatusFlags(_ descriptor: Int32, _ flags: OpenFlags) throws(Errno) {
        try FileCalls.succeed { martlet_fcntl_int(descriptor, F_SETFL, flags.rawValue) }
    }

    /// getdents64(2): whole entries in the kernel's layout, 0 at the end.
    public static func entries(
        of directory: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        try FileCalls.count { martlet_getdents64(directory, buffer.baseAddress, buffer.count) }
    }
}
