import CLinuxShims
import Glibc

/// Calls that move bytes and sizes of an open file, throwing the bare number; see `FileCalls`.
public enum TransferCalls {
    // One buffer goes by the plain call: the kernel spends 60 to 100 ns on taking over an array of them.

    /// read(2) or readv(2): may read less; 0 at the end.
    public static func read(
        _ descriptor: Int32, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.only.map { Glibc.read(descriptor, $0.base, $0.count) }
                ?? vectors.withKernelVectors { readv(descriptor, $0, Int32(clamping: $1)) }
        }
    }

    /// pread(2) or preadv(2).
    public static func read(
        _ descriptor: Int32, at offset: Int64, into vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.only.map { pread(descriptor, $0.base, $0.count, off_t(offset)) }
                ?? vectors.withKernelVectors { preadv(descriptor, $0, Int32(clamping: $1), off_t(offset)) }
        }
    }

    /// write(2) or writev(2): may write less.
    public static func write(
        _ descriptor: Int32, _ vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.only.map { Glibc.write(descriptor, $0.base, $0.count) }
                ?? vectors.withKernelVectors { writev(descriptor, $0, Int32(clamping: $1)) }
        }
    }

    /// pwrite(2) or pwritev(2). A file opened for appending appends, whatever the offset.
    public static func write(
        _ descriptor: Int32, at offset: Int64, _ vectors: UnsafeBufferPointer<IOVector>
    ) throws(Errno) -> Int {
        try FileCalls.count {
            vectors.only.map { pwrite(descriptor, $0.base, $0.count, off_t(offset)) }
                ?? vectors.withKernelVectors { pwritev(descriptor, $0, Int32(clamping: $1), off_t(offset)) }
        }
    }

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

    public static func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try FileCalls.succeed { ftruncate(descriptor, off_t(size)) }
    }

    /// posix_fallocate(3): the range exists and has its blocks; the file grows if needed.
    public static func allocate(_ descriptor: Int32, offset: Int64, count: Int64) throws(Errno) {
        while true {
            // Returns the number instead of setting errno.
            let result = posix_fallocate(descriptor, off_t(offset), off_t(count))
            if result == 0 { return }
            if result != EINTR { throw Errno(rawValue: result) }
        }
    }

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

    public static func synchronize(_ descriptor: Int32, dataOnly: Bool) throws(Errno) {
        try FileCalls.succeed { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
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

    /// Whether the descriptor is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}
