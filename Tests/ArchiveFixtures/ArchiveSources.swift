import Archive

/// The bytes of an array, handed out in pieces of at most `piece` bytes.
public final class MemorySource: ByteSource, @unchecked Sendable {
    // SAFETY: a source is read from one thread at a time.
    private let bytes: [UInt8]
    private let piece: Int
    private var position = 0

    public init(_ bytes: [UInt8], piece: Int = .max) {
        self.bytes = bytes
        self.piece = piece
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position, piece)
        buffer.copyBytes(from: bytes[position..<(position + count)])
        position += count
        return count
    }
}

/// Keeps what it saw.
public final class RecordingTap: ByteTap, @unchecked Sendable {
    // SAFETY: a tap is called from one thread at a time, and read after `finish`.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public func see(_ bytes: RawSpan) { bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) } }
}

/// A small generator whose every run is the same.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// SplitMix64.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
