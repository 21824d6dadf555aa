import ContentHashing
import ImageStore
import OCISpec
import SystemCalls

/// Where an import takes files from: a layout's directory, or an archive that has been read.
protocol ImageContent {
    /// The path that the user named.
    var name: String { get }

    /// Reads a small file whole. Nil when there is none; an error when it has more than `limit` bytes.
    func document(_ path: String, limit: Int) throws(TransferError) -> [UInt8]?

    /// Brings a file into the store as the blob that the descriptor names, checking digest and size.
    func deliver(_ path: String, as blob: Descriptor, to session: StoreSession) throws(TransferError)
}

extension ImageContent {
    /// Reads a document of a layout by its descriptor, checking size and digest before anybody looks at it.
    func document(_ descriptor: Descriptor, limit: Int) throws(TransferError) -> [UInt8] {
        let subject = "\(name): blob \(descriptor.digest)"
        guard descriptor.size <= Int64(limit) else {
            throw TransferError(.tooLarge, subject, "has \(descriptor.size) bytes, at most \(limit) are read")
        }
        guard let bytes = try document(ImageLayout.path(of: descriptor.digest), limit: limit) else {
            throw TransferError(.notFound, subject, "is missing", advice: "the image is incomplete; copy it again")
        }
        guard Int64(bytes.count) == descriptor.size else {
            throw TransferError(
                .mismatch, subject, "has \(bytes.count) bytes, its descriptor says \(descriptor.size)")
        }
        let found = Digest.of(bytes, descriptor.digest.algorithm)
        guard found == descriptor.digest else {
            throw TransferError(.mismatch, subject, "its content has the digest \(found)")
        }
        return bytes
    }
}
