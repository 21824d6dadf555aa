import ImageStore
import OCISpec
import SystemCalls

extension ImageStore {
    /// Whether the blob is there and is what its digest says: reads it whole. Anything else is to be fetched again.
    public func hasIntactContent(_ blob: Descriptor) -> Bool { (try? checkContent(blob)) != nil }

    /// Reads a blob of the store whole and refuses one that isn't there or isn't what its digest and its size say.
    public func checkContent(_ blob: Descriptor) throws(TransferError) {
        let reader = try StoredContent(blob, in: self)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while try reader.read(into: buffer) > 0 {}
    }
}

/// Reads a blob of the store that goes out, and refuses a damaged one at the latest at its end.
final class StoredContent {
    private let blob: Descriptor
    private let file: OwnedDescriptor
    private let hasher: ContentHasher
    private var count: Int64 = 0

    init(_ blob: Descriptor, in store: ImageStore) throws(TransferError) {
        self.blob = blob
        hasher = ContentHasher(blob.digest.algorithm)
        file = try storing { () throws(StoreError) in try store.openContent(blob.digest) }
    }

    var descriptor: Int32 { file.rawValue }

    /// The next bytes; 0 at the end, when they were what digest and size say.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransferError) -> Int {
        let read = try calling("blob \(blob.digest)") { () throws(SystemCallError) in
            try Files.read(file.rawValue, into: buffer)
        }
        count += Int64(read)
        if count > blob.size { throw damaged("it is longer than \(blob.size) bytes") }
        guard read == 0 else {
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            return read
        }
        guard count == blob.size else { throw damaged("it has \(count) bytes instead of \(blob.size)") }
        let found = hasher.digest()
        guard found == blob.digest else { throw damaged("its content has the digest \(found)") }
        return 0
    }

    private func damaged(_ reason: String) -> TransferError {
        TransferError(
            .mismatch, "blob \(blob.digest)", "is damaged in the store: \(reason)",
            advice: "import or pull the image again")
    }
}
