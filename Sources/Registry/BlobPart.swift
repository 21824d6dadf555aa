import NIOCore

/// Where the bytes of a blob that is pushed come from: `ImageStore`'s files, or memory.
public protocol BlobSource: Sendable {
    /// `count` bytes from `offset`; fewer only at the end of the blob.
    func read(at offset: Int64, count: Int) throws -> [UInt8]
}

/// A stretch of a blob as a request body.
struct BlobPart: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// Bytes that are handed on at a time.
    static let pieceBytes = 256 << 10

    let source: any BlobSource
    let offset: Int64
    let count: Int64
    /// Told of each piece that is handed to the transport.
    let sent: @Sendable (Int) -> Void

    struct AsyncIterator: AsyncIteratorProtocol {
        let part: BlobPart
        var position: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            let left = part.count - position
            guard left > 0 else { return nil }
            let bytes = try part.source.read(
                at: part.offset + position, count: Int(Swift.min(left, Int64(BlobPart.pieceBytes))))
            guard !bytes.isEmpty else {
                throw RegistryError(.storage, "", "a stored blob is shorter than its descriptor says")
            }
            position += Int64(bytes.count)
            part.sent(bytes.count)
            return ByteBuffer(bytes: bytes)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(part: self) }
}
