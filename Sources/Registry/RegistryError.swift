/// Why a registry could not be read or written: what was being done, what went wrong, and what to do about it.
///
/// It never holds a credential, a token or the query of a signed address.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of reason it is.
    public enum Code: Equatable, Sendable {
        case unauthorized, denied, notFound, tooManyRequests
        /// The registry answered with a status that this client has no use for.
        case status(Int)
        case connection, timedOut, tooSlow, redirect, notPermitted, trust
        case tooLarge, sizeMismatch, digestMismatch, malformed, unsupported, noMatchingPlatform
        case credentials, storage, cancelled
    }

    public let code: Code
    /// What was being done, in the user's words: `pull localhost:5000/hello:1`.
    public var subject: String
    public let detail: String
    public var advice: String?

    public init(_ code: Code, _ subject: String, _ detail: String, advice: String? = nil) {
        self.code = code
        self.subject = subject
        self.detail = detail
        self.advice = advice
    }

    public var description: String {
        var line = subject.isEmpty ? detail : "\(subject): \(detail)"
        if let advice { line += " (\(advice))" }
        return line
    }
}
