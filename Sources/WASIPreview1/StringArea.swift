import WasmEngine

/// Strings as C programs expect them: an array of pointers, and the bytes with a zero after each.
public struct StringArea: Sendable {
    /// Every string with its zero, one after the other.
    private let bytes: [UInt8]

    /// Where each string begins in `bytes`.
    private let offsets: [UInt32]

    /// Strings past 4 GiB together, which no guest could hold, are left out.
    public init(_ strings: [[UInt8]]) {
        var bytes: [UInt8] = []
        var offsets: [UInt32] = []
        for string in strings {
            guard bytes.count + string.count < Int(UInt32.max) else { break }
            offsets.append(UInt32(bytes.count))
            // A zero inside would end the string early and shift nothing else.
            bytes += string
            bytes.append(0)
        }
        self.bytes = bytes
        self.offsets = offsets
    }

    /// Writes how many strings there are and how many bytes they take.
    func writeSizes(_ memory: borrowing GuestMemory, count: UInt32, size: UInt32) throws(Preview1Failure) {
        try memory.put(UInt32(offsets.count), at: count)
        try memory.put(UInt32(bytes.count), at: size)
    }

    /// Writes the bytes, then the pointers to them.
    func write(_ memory: borrowing GuestMemory, pointers: UInt32, buffer: UInt32) throws(Preview1Failure) {
        let target = try memory.range(at: buffer, count: UInt32(bytes.count))
        // Checked as a whole before anything is written.
        _ = try memory.range(at: pointers, count: UInt32(offsets.count) * 4)
        target.copyBytes(from: bytes)
        for (index, offset) in offsets.enumerated() {
            // `buffer + offset` lies inside of the range above.
            try memory.put(buffer + offset, at: pointers, offset: UInt32(index) * 4)
        }
    }
}
