import ImageStore
import ImageTransfer
import OCISpec
import Registry

/// Pulled blobs go into the store; what a broken pull left there is continued.
struct StoreDestination: BlobDestination {
    let session: StoreSession

    func holds(_ blob: Descriptor) throws -> Bool { session.store.hasIntactContent(blob) }

    func sink(for blob: Descriptor) throws -> any BlobSink {
        let hash = ContentHasher(blob.digest.algorithm)
        return StoreSink(try session.beginBlob(blob.digest, size: blob.size, hash: hash, resuming: true))
    }
}

/// SAFETY of `@unchecked Sendable`: a sink is used by one task at a time, by the contract of `BlobSink`.
private final class StoreSink: BlobSink, @unchecked Sendable {
    private let writer: BlobWriter

    init(_ writer: BlobWriter) { self.writer = writer }

    var position: Int64 { writer.written }

    func append(_ bytes: UnsafeRawBufferPointer) throws { try writer.write(bytes) }

    func restart() throws { try writer.restart() }

    func finish() throws -> Bool {
        do throws(StoreError) {
            try writer.commit()
            return true
        } catch {
            if case .mismatch = error { return false }
            throw error
        }
    }

    func pause() {}
}
