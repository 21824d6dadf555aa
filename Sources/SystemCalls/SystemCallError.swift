/// A system call that failed: which, on what, and why.
public struct SystemCallError: Error, Hashable, Sendable {
    /// The call's name as its manual page has it, such as `openat2`.
    public let call: String

    /// What it was called on: a path, a process, an address.
    public let subject: String?

    public let errno: Errno

    public init(_ call: String, _ subject: String? = nil, _ errno: Errno = .last) {
        // Read before anything else can set it anew.
        self.errno = errno
        self.call = call
        self.subject = subject
    }
}

extension SystemCallError: CustomStringConvertible {
    public var description: String {
        let what = subject.map { "\(call) \"\($0)\": \(errno)" } ?? "\(call): \(errno)"
        guard errno == .notImplemented, let since else { return what }
        return "\(what) (Linux \(since) is needed)"
    }

    /// The kernel that brought a call without which nothing works here.
    private var since: String? {
        switch call {
        case "openat2": "5.6"
        case "close_range": "5.11"
        case "mount_setattr": "5.12"
        default: nil
        }
    }
}

/// Runs a call until a signal no longer interrupts it; throws when it returns -1.
///
/// The subject is evaluated only on failure.
func checked<Result: FixedWidthInteger & SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String? = nil, _ body: () -> Result
) throws(SystemCallError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let errno = Errno.last
        if errno != .interrupted { throw SystemCallError(call, subject(), errno) }
    }
}
