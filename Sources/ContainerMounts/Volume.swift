/// A file or directory of the host that a workload sees in its root.
public struct Volume: Hashable, Sendable {
    /// A path of the host; links are followed.
    public var source: String
    /// Absolute, cleaned, not `/`.
    public var destination: String
    public var isReadOnly: Bool

    public init(source: String, destination: String, isReadOnly: Bool) {
        self.source = source
        self.destination = destination
        self.isReadOnly = isReadOnly
    }
}
