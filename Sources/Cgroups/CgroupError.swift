import SystemCalls

/// Why a control group can't be made, set, read or removed.
public struct CgroupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field of config.json that asked for it, such as `linux.resources.cpu.quota`; nil when no field did.
    public let field: String?
    /// What failed and what to do about it.
    public let reason: String
    /// The kernel's number, when it was the kernel that refused.
    public let errno: Errno?

    public init(field: String? = nil, _ reason: String, errno: Errno? = nil) {
        self.field = field
        self.reason = reason
        self.errno = errno
    }

    /// A call that failed.
    ///
    /// - Parameter advice: what can be done about it, as the end of the sentence.
    public init(field: String? = nil, _ cause: SystemCallError, advice: String? = nil) {
        self.init(field: field, advice.map { "\(cause); \($0)" } ?? "\(cause)", errno: cause.errno)
    }

    public var description: String {
        guard let field else { return "control groups: \(reason)" }
        return "\(field): \(reason)"
    }
}
