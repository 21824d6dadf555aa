/// An access by the host, on the guest's word, to memory that the guest doesn't have.
public struct GuestMemoryFault: Error, Hashable, Sendable {
    /// Where the access began, in bytes from the start of the memory.
    public var address: UInt64
    /// How many bytes it wanted.
    public var count: UInt64
    /// How many bytes the memory has.
    public var size: UInt64

    public init(address: UInt64, count: UInt64, size: UInt64) {
        self.address = address
        self.count = count
        self.size = size
    }
}

extension GuestMemoryFault: CustomStringConvertible {
    public var description: String {
        "access to \(count) bytes at \(address) is outside the guest's memory of \(size) bytes"
    }
}

/// An error that a memory fault can be turned into, so that a closure may throw its own type and the fault joins it.
public protocol GuestMemoryFaultConvertible: Error {
    init(_ fault: GuestMemoryFault)
}
