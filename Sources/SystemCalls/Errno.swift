import CLinuxShims
import Glibc

/// An error number of the kernel, as errno(3) lists them.
public struct Errno: RawRepresentable, Error, Hashable, Sendable {
    public let rawValue: Int32

    @inlinable
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// What the last failed call of this thread left in `errno`.
    public static var last: Errno { Errno(rawValue: errno) }

    public static let notPermitted = Errno(rawValue: EPERM)
    public static let noSuchFile = Errno(rawValue: ENOENT)
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    public static let interrupted = Errno(rawValue: EINTR)
    public static let inputOutput = Errno(rawValue: EIO)
    public static let badDescriptor = Errno(rawValue: EBADF)
    public static let again = Errno(rawValue: EAGAIN)
    public static let outOfMemory = Errno(rawValue: ENOMEM)
    public static let accessDenied = Errno(rawValue: EACCES)
    public static let busy = Errno(rawValue: EBUSY)
    public static let exists = Errno(rawValue: EEXIST)
    public static let crossDevice = Errno(rawValue: EXDEV)
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    public static let isDirectory = Errno(rawValue: EISDIR)
    public static let invalid = Errno(rawValue: EINVAL)
    public static let notTerminal = Errno(rawValue: ENOTTY)
    public static let fileTooLarge = Errno(rawValue: EFBIG)
    public static let noDevice = Errno(rawValue: ENODEV)
    public static let noSpace = Errno(rawValue: ENOSPC)
    public static let readOnlyFileSystem = Errno(rawValue: EROFS)
    public static let brokenPipe = Errno(rawValue: EPIPE)
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    public static let notImplemented = Errno(rawValue: ENOSYS)
    public static let directoryNotEmpty = Errno(rawValue: ENOTEMPTY)
    public static let tooManySymbolicLinks = Errno(rawValue: ELOOP)
    public static let notSupported = Errno(rawValue: ENOTSUP)
    public static let addressInUse = Errno(rawValue: EADDRINUSE)
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    public static let inProgress = Errno(rawValue: EINPROGRESS)
    public static let noData = Errno(rawValue: ENODATA)
    public static let noSuchDevice = Errno(rawValue: ENXIO)
    public static let familyUnsupported = Errno(rawValue: EAFNOSUPPORT)
    public static let addressUnavailable = Errno(rawValue: EADDRNOTAVAIL)
    public static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    public static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    public static let execFormat = Errno(rawValue: ENOEXEC)
}

extension Errno: CustomStringConvertible {
    /// The C library's sentence in lower case and the name, such as `permission denied (EACCES)`.
    public var description: String {
        let sentence = strerror(rawValue).map { String(cString: $0) } ?? "error \(rawValue)"
        let lowered = sentence.prefix(1).lowercased() + sentence.dropFirst()
        guard let name = martlet_error_name(rawValue) else { return lowered }
        return "\(lowered) (\(String(cString: name)))"
    }
}
