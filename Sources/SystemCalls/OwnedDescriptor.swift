import Glibc

/// A file descriptor with one owner: closed when the owner ends, and never twice.
public struct OwnedDescriptor: ~Copyable, Sendable {
    public let rawValue: Int32

    /// Takes over a descriptor that nobody else will close.
    @inlinable
    public init(adopting rawValue: Int32) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Closes, and says if the kernel reported an error that a write left behind (`EIO`, `ENOSPC`, `EDQUOT`).
    public consuming func close() throws(SystemCallError) {
        let descriptor = release()
        // The descriptor is gone even when close(2) is interrupted: never tried again.
        if Glibc.close(descriptor) != 0, Errno.last != .interrupted { throw SystemCallError("close") }
    }

    /// Gives the descriptor away: from now on the caller closes it.
    public consuming func release() -> Int32 {
        let descriptor = rawValue
        discard self
        return descriptor
    }

    /// A second descriptor for the same open file description, closed on exec.
    public borrowing func duplicate() throws(SystemCallError) -> OwnedDescriptor {
        try Descriptors.duplicate(rawValue)
    }
}
