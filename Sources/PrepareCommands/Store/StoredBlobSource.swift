import ImageStore
import ImageTransfer
import OCISpec
import Registry
import SystemCalls

/// A blob of the store on its way to a registry.
final class StoredBlobSource: BlobSource {
    private let file: OwnedDescriptor

    /// Refuses a damaged blob before anything of it is sent.
    init(_ blob: OCISpec.Descriptor, in store: ImageStore) throws {
        try store.checkContent(blob)
        file = try store.openContent(blob.digest)
    }

    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(Errno) {
                let vector = IOVector(base: buffer.baseAddress, count: buffer.count)
                initialized = try withUnsafePointer(to: vector) { pointer throws(Errno) in
                    try TransferCalls.read(
                        file.rawValue, at: offset, into: UnsafeBufferPointer(start: pointer, count: 1))
                }
            } catch { failure = error }
        }
        if let failure { throw SystemCallError("pread", "blob", failure) }
        return bytes
    }
}
