// Ranges of bytes. Each is checked as a whole before the first byte is touched.

extension GuestMemory {
    /// Lends `count` bytes at an address for reading.
    @inlinable
    public func withBytes<Result>(
        at address: UInt64, count: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(GuestMemoryFault) -> Result {
        let place = try pointer(at: address, count: count)
        return body(UnsafeRawBufferPointer(start: place, count: Int(truncatingIfNeeded: count)))
    }

    /// Lends `count` bytes at an address for reading and writing.
    @inlinable
    public func withMutableBytes<Result>(
        at address: UInt64, count: UInt64, _ body: (UnsafeMutableRawBufferPointer) -> Result
    ) throws(GuestMemoryFault) -> Result {
        let place = try pointer(at: address, count: count)
        return body(UnsafeMutableRawBufferPointer(start: place, count: Int(truncatingIfNeeded: count)))
    }

    /// Lends bytes for reading to a closure that throws; a fault is thrown as the closure's kind of error.
    ///
    /// The closure has to name its error: `{ (bytes) throws(Trap) in … }`.
    @inlinable
    public func withBytes<Result, Failure: GuestMemoryFaultConvertible>(
        at address: UInt64, count: UInt64, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard contains(at: address, count: count) else {
            throw Failure(GuestMemoryFault(address: address, count: count, size: size))
        }
        let start = base + Int(truncatingIfNeeded: address)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(truncatingIfNeeded: count)))
    }

    /// Lends bytes for writing to a closure that throws; a fault is thrown as the closure's kind of error.
    @inlinable
    public func withMutableBytes<Result, Failure: GuestMemoryFaultConvertible>(
        at address: UInt64, count: UInt64, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard contains(at: address, count: count) else {
            throw Failure(GuestMemoryFault(address: address, count: count, size: size))
        }
        let start = base + Int(truncatingIfNeeded: address)
        return try body(UnsafeMutableRawBufferPointer(start: start, count: Int(truncatingIfNeeded: count)))
    }

    /// Copies bytes into the guest.
    @inlinable
    public func write(_ bytes: UnsafeRawBufferPointer, at address: UInt64) throws(GuestMemoryFault) {
        let place = try pointer(at: address, count: UInt64(bytes.count))
        guard let source = bytes.baseAddress else { return }
        place.copyMemory(from: source, byteCount: bytes.count)
    }

    /// Copies bytes into the guest.
    public func write(_ bytes: [UInt8], at address: UInt64) throws(GuestMemoryFault) {
        let place = try pointer(at: address, count: UInt64(bytes.count))
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { place.copyMemory(from: start, byteCount: source.count) }
        }
    }

    /// A copy of `count` bytes. The caller bounds the count: memory may be larger than what the host should copy.
    public func bytes(at address: UInt64, count: UInt64) throws(GuestMemoryFault) -> [UInt8] {
        try withBytes(at: address, count: count) { [UInt8]($0) }
    }

    /// A copy of `count` bytes as text; what isn't UTF-8 is replaced by U+FFFD.
    public func string(at address: UInt64, count: UInt64) throws(GuestMemoryFault) -> String {
        try withBytes(at: address, count: count) { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of `count` bytes as text, or nil when they aren't UTF-8.
    public func validatedString(at address: UInt64, count: UInt64) throws(GuestMemoryFault) -> String? {
        // Copied before it is checked: another thread of the guest may be writing.
        let copy = try bytes(at: address, count: count)
        return String(validating: copy, as: UTF8.self)
    }
}
