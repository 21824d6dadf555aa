import SystemCalls
import WasmEngine

// Access with a guest's 32-bit addresses and with the errors of preview 1. A struct may lie at any address: the witx
// documentation wants a trap for a misaligned one, but no guest needs to be stopped for it.
extension GuestMemory {
    @inline(__always)
    func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, at address: UInt32, offset: UInt32 = 0
    ) throws(Preview1Failure) -> T {
        do throws(GuestMemoryFault) {
            return try load(type, at: UInt64(address) + UInt64(offset))
        } catch { throw Preview1Failure(error) }
    }

    @inline(__always)
    func put<T: FixedWidthInteger & BitwiseCopyable>(
        _ value: T, at address: UInt32, offset: UInt32 = 0
    ) throws(Preview1Failure) {
        do throws(GuestMemoryFault) {
            try store(value, at: UInt64(address) + UInt64(offset))
        } catch { throw Preview1Failure(error) }
    }

    /// A checked range of the guest's memory as the host sees it.
    ///
    /// SAFETY: memory neither moves nor shrinks while a host function runs, so the buffer is good until the function
    /// that received the memory returns; it must not be kept longer, and nothing may call back into the guest before.
    @inline(__always)
    func range(at address: UInt32, count: UInt32) throws(Preview1Failure) -> UnsafeMutableRawBufferPointer {
        do throws(GuestMemoryFault) {
            return try withMutableBytes(at: UInt64(address), count: UInt64(count)) { $0 }
        } catch { throw Preview1Failure(error) }
    }

    /// Lends the buffers of an iovec or ciovec array to a scattered read or a gathered write.
    ///
    /// Each buffer is checked before any byte moves. At most `limits.vectors` buffers and `limits.bytesPerCall` bytes
    /// are lent; a guest sees a short read or write and asks again.
    func withVectors<R>(
        at array: UInt32, count: UInt32, _ limits: GuestLimits,
        _ body: (UnsafeBufferPointer<IOVector>) throws(Errno) -> R
    ) throws(Preview1Failure) -> R {
        // The whole array has to be the guest's, also what is left for the next call.
        guard contains(at: UInt64(array), count: UInt64(count) * 8) else {
            throw Preview1Failure(GuestMemoryFault(address: UInt64(array), count: UInt64(count) * 8, size: size))
        }
        let used = min(Int(count), limits.vectors)
        return try withUnsafeTemporaryAllocation(of: IOVector.self, capacity: used) {
            (vectors) throws(Preview1Failure) -> R in
            var left = limits.bytesPerCall
            for index in 0..<used {
                let entry = array + UInt32(index) * 8
                let address = try read(UInt32.self, at: entry)
                let length = try read(UInt32.self, at: entry, offset: 4)
                let buffer = try range(at: address, count: length)
                let taken = min(buffer.count, left)
                left -= taken
                vectors.initializeElement(at: index, to: IOVector(base: buffer.baseAddress, count: taken))
            }
            return try guestErrno { () throws(Errno) in try body(UnsafeBufferPointer(vectors)) }
        }
    }
}
