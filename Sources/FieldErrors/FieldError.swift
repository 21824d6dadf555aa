import SystemCalls

/// A field of config.json that asks for what can't be had, or what the kernel refused of it.
public struct FieldError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field's path, as in `process.rlimits[0]`.
    public let field: String
    /// What is wrong with it, and what would be right.
    public let problem: String
    /// What the kernel said; nil when it wasn't asked.
    public let cause: SystemCallError?

    public init(_ field: String, _ problem: String, cause: SystemCallError? = nil) {
        self.field = field
        self.problem = problem
        self.cause = cause
    }

    public var description: String {
        guard let cause else { return "\(field): \(problem)" }
        return problem.isEmpty ? "\(field): \(cause)" : "\(field): \(problem): \(cause)"
    }
}

/// Runs what the field asks for; the kernel's refusal becomes the field's.
///
/// The texts are made on failure only.
@inlinable
public func asking<R: ~Copyable>(
    _ field: @autoclosure () -> String, _ problem: @autoclosure () -> String = "",
    _ body: () throws(SystemCallError) -> R
) throws(FieldError) -> R {
    do throws(SystemCallError) { return try body() } catch {
        throw FieldError(field(), problem(), cause: error)
    }
}
