import CLinuxShims
import Glibc

/// What can be done with any descriptor: duplicate, flags, close ranges, pipes.
public enum Descriptors {
    /// A second descriptor for the same open file description, closed on exec, numbered `lowest` or higher.
    public static func duplicate(_ descriptor: Int32, lowest: Int32 = 0) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try checked("fcntl", "F_DUPFD_CLOEXEC") {
                martlet_fcntl_int(descriptor, F_DUPFD_CLOEXEC, lowest)
            })
    }

    /// dup2(2): makes `number` mean what `descriptor` means, open across exec.
    public static func place(_ descriptor: Int32, at number: Int32) throws(SystemCallError) {
        _ = try checked("dup2") { dup2(descriptor, number) }
    }

    /// Whether the number is open.
    public static func isOpen(_ descriptor: Int32) -> Bool {
        martlet_fcntl_int(descriptor, F_GETFD, 0) != -1
    }

    /// fcntl(2) F_GETFL.
    public static func statusFlags(_ descriptor: Int32) throws(SystemCallError) -> Int32 {
        try checked("fcntl", "F_GETFL") { martlet_fcntl_int(descriptor, F_GETFL, 0) }
    }

    /// fcntl(2) F_SETFL: of these flags the kernel changes append and non-blocking alone.
    public static func setStatusFlags(_ descriptor: Int32, _ flags: Int32) throws(SystemCallError) {
        _ = try checked("fcntl", "F_SETFL") { martlet_fcntl_int(descriptor, F_SETFL, flags) }
    }

    /// fcntl(2) F_SETFD.
    public static func setCloseOnExec(_ descriptor: Int32, _ close: Bool) throws(SystemCallError) {
        _ = try checked("fcntl", "F_SETFD") { martlet_fcntl_int(descriptor, F_SETFD, close ? FD_CLOEXEC : 0) }
    }

    /// Closes every descriptor from `first` to `last`, both included.
    public static func closeRange(from first: UInt32, through last: UInt32 = .max) throws(SystemCallError) {
        guard first <= last else { return }
        _ = try checked("close_range") { martlet_close_range(first, last, 0) }
    }

    /// A pipe whose two ends are closed on exec.
    public static func pipe() throws(SystemCallError) -> Pipe {
        var ends: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutablePointer(to: &ends) { pair in
            // SAFETY: a tuple of two Int32 has the layout of the int[2] that pipe2 fills.
            pair.withMemoryRebound(to: Int32.self, capacity: 2) { martlet_pipe2($0, O_CLOEXEC) }
        }
        guard status == 0 else { throw SystemCallError("pipe2") }
        return Pipe(read: OwnedDescriptor(adopting: ends.0), write: OwnedDescriptor(adopting: ends.1))
    }
}

/// The two ends of a pipe, each with its owner.
public struct Pipe: ~Copyable {
    public var read: OwnedDescriptor
    public var write: OwnedDescriptor

    public init(read: consuming OwnedDescriptor, write: consuming OwnedDescriptor) {
        self.read = read
        self.write = write
    }

    /// Keeps the reading end and closes the other.
    public consuming func keepRead() -> OwnedDescriptor { read }

    /// Keeps the writing end and closes the other.
    public consuming func keepWrite() -> OwnedDescriptor { write }
}
