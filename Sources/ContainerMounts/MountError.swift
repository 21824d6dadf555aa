import SystemCalls

/// Why the mount tree of a container can't be as its configuration asks.
public struct MountError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field of config.json, such as `mounts[3].options`.
    public let field: String
    /// What is wrong and what to do.
    public let problem: String
    /// The call that failed, when it was one.
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

/// Runs calls for one field: what fails is an error of that field.
@inline(__always)
func naming<Result: ~Copyable>(
    _ field: @autoclosure () -> String, _ problem: @autoclosure () -> String = "",
    _ body: () throws(SystemCallError) -> Result
) throws(MountError) -> Result {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw MountError(field(), problem(), cause: error)
    }
}
