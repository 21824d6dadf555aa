/// How much a guest may use in one store.
public struct StoreLimits: Hashable, Sendable {
    /// Bytes of each linear memory; growth beyond it fails in the guest. Also bounds a shared memory that the host makes.
    public var memoryBytes: UInt64?

    /// Elements of each table.
    public var tableElements: UInt64? = 10_000_000

    /// How many instances, tables and memories.
    public var instances: UInt64 = 10_000
    public var tables: UInt64 = 10_000
    public var memories: UInt64 = 10_000

    /// Fuel at the start, in an engine that counts it; nil is as good as endless.
    public var fuel: UInt64?

    public init(memoryBytes: UInt64? = nil) { self.memoryBytes = memoryBytes }
}
