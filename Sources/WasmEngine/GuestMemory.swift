/// The guest's linear memory, as a host function sees it during one call.
///
/// A view: it can't be stored, and it ends with the call that lent it. Every access is checked against the size that the
/// memory had when the view was made, including sums that wrap around. After a call back into the guest a new view has
/// to be taken, because memory may have moved. In a shared memory other threads of the guest write at the same time: read
/// what has to be checked once, into a copy, and check the copy.
public struct GuestMemory: ~Escapable {
    @usableFromInline let base: UnsafeMutableRawPointer
    /// Bytes.
    public let size: UInt64

    // SAFETY: the lifetime ties the view to the caller that lent it; `base` is valid for `size` bytes while the guest
    // doesn't run in this store, and a shared memory never moves or shrinks.
    @_lifetime(copy caller)
    init(base: UnsafeMutableRawPointer, size: Int, of caller: Caller) {
        self.base = base
        self.size = UInt64(size)
    }

    // SAFETY: as above, for a view that a scope of the engine lends to a closure.
    @_lifetime(borrow base)
    init(borrowing base: UnsafeMutableRawPointer, size: Int) {
        self.base = base
        self.size = UInt64(size)
    }

    /// Whether `count` bytes at an address are all inside.
    @inlinable
    public func contains(at address: UInt64, count: UInt64) -> Bool {
        // In this order nothing can wrap.
        count <= size && address <= size - count
    }

    /// Where `count` bytes at an address begin, or a fault.
    @inlinable
    func pointer(at address: UInt64, count: UInt64) throws(GuestMemoryFault) -> UnsafeMutableRawPointer {
        guard contains(at: address, count: count) else {
            throw GuestMemoryFault(address: address, count: count, size: size)
        }
        // `address <= size`, which came from an Int.
        return base + Int(truncatingIfNeeded: address)
    }

    /// Reads a little-endian number; any alignment.
    @inlinable
    public func load<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type, at address: UInt64
    ) throws(GuestMemoryFault) -> T {
        let place = try pointer(at: address, count: UInt64(MemoryLayout<T>.size))
        return T(littleEndian: place.loadUnaligned(as: T.self))
    }

    /// Writes a little-endian number; any alignment.
    @inlinable
    public func store<T: FixedWidthInteger & BitwiseCopyable>(
        _ value: T, at address: UInt64
    ) throws(GuestMemoryFault) {
        let place = try pointer(at: address, count: UInt64(MemoryLayout<T>.size))
        place.storeBytes(of: value.littleEndian, as: T.self)
    }
}
