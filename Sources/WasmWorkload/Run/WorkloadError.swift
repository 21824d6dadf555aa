import SystemCalls

/// Why a plan couldn't be carried out: one sentence that says what failed, where, and what to do.
public struct WorkloadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of reason it is: it decides the exit status.
    public enum Kind: Hashable, Sendable {
        /// The host refused something that the plan needs.
        case setup
        /// The program is there and can't be run by this version.
        case cannotRun
        /// The program isn't there.
        case notFound
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        // Names of imports, exports and files are a guest's words.
        self.description = description.printable()
    }

    public init(_ description: String) { self.init(.setup, description) }
}
