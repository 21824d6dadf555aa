import CLinuxShims
import Glibc

extension Descriptors {
    /// What a pipe holds without a reader, as the kernel makes it.
    public static let pipeCapacity = 64 << 10

    /// Makes a pipe hold at least `bytes` (F_SETPIPE_SZ).
    ///
    /// Errors: `EPERM` beyond what `/proc/sys/fs/pipe-max-size` allows.
    public static func setPipeCapacity(_ descriptor: Int32, _ bytes: Int32) throws(SystemCallError) {
        // F_LINUX_SPECIFIC_BASE + 7; the header has it behind a macro.
        _ = try checked("fcntl", "F_SETPIPE_SZ") { martlet_fcntl_int(descriptor, 1024 + 7, bytes) }
    }

    /// A pipe that holds `bytes` and their end already, for a program that reads them when it likes to.
    ///
    /// Its writing end is closed: what the program doesn't read is lost, and nobody gets SIGPIPE.
    public static func filledPipe(_ bytes: [UInt8]) throws(SystemCallError) -> OwnedDescriptor {
        let pipe = try pipe()
        if bytes.count > pipeCapacity { try setPipeCapacity(pipe.write.rawValue, Int32(clamping: bytes.count)) }
        // A pipe that is smaller than it should be must not hold us up.
        try setStatusFlags(pipe.write.rawValue, O_NONBLOCK)
        try Files.writeAll(pipe.write.rawValue, bytes)
        return pipe.keepRead()
    }
}
