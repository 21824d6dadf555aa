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
        guard let subject else { return "\(call): \(errno)" }
        return "\(call) \"\(subject)\": \(errno)"
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
