import Glibc

/// One piece of memory in a scattered read or a gathered write: the kernel's `struct iovec`.
///
/// SAFETY: holds a borrowed address; valid only as long as the memory that it was made from.
@frozen
public struct IOVector {
    public var base: UnsafeMutableRawPointer?
    public var count: Int

    @inlinable
    public init(base: UnsafeMutableRawPointer?, count: Int) {
        self.base = base
        self.count = count
    }

    @inlinable
    public init(_ buffer: UnsafeMutableRawBufferPointer) { self.init(base: buffer.baseAddress, count: buffer.count) }

    /// For a gathered write, which only reads the memory.
    @inlinable
    public init(reading buffer: UnsafeRawBufferPointer) {
        self.init(base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), count: buffer.count)
    }
}

extension IOVector {
    /// Lends this one piece as a list of pieces.
    @inlinable
    public func withList<R, Failure: Error>(
        _ body: (UnsafeBufferPointer<IOVector>) throws(Failure) -> R
    ) throws(Failure) -> R {
        try withUnsafePointer(to: self) { (pointer) throws(Failure) in
            try body(UnsafeBufferPointer(start: pointer, count: 1))
        }
    }
}

extension UnsafeBufferPointer<IOVector> {
    /// Lends the pieces as the kernel's type.
    func withKernelVectors<R>(_ body: (UnsafePointer<iovec>?, Int) -> R) -> R {
        guard let baseAddress else { return body(nil, 0) }
        // SAFETY: IOVector has the members of struct iovec in their order: a pointer and a 64-bit size.
        return baseAddress.withMemoryRebound(to: iovec.self, capacity: count) { body($0, count) }
    }

    /// The piece, when it is the only one.
    @inline(__always)
    var only: IOVector? { count == 1 ? self[0] : nil }
}
