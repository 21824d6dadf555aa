import Crypto
import NIOConcurrencyHelpers
import OCISpec
import Registry

/// Keeps blobs in memory, checked as a store would.
final class MemoryDestination: BlobDestination {
    private let kept = NIOLockedValueBox<[OCISpec.Digest: [UInt8]]>([:])
    fileprivate let partial = NIOLockedValueBox<[OCISpec.Digest: [UInt8]]>([:])

    var blobs: [OCISpec.Digest: [UInt8]] { kept.withLockedValue { $0 } }
    /// Whether exactly these blobs are kept.
    func holdsExactly(_ expected: [OCISpec.Digest: [UInt8]]) -> Bool { blobs == expected }
    /// What a later pull would continue.
    var unfinished: [OCISpec.Digest: [UInt8]] { partial.withLockedValue { $0.filter { !$0.value.isEmpty } } }

    func leave(_ bytes: [UInt8], of digest: OCISpec.Digest) { partial.withLockedValue { $0[digest] = bytes } }

    func holds(_ blob: Descriptor) throws -> Bool { blobs[blob.digest] != nil }

    func sink(for blob: Descriptor) throws -> any BlobSink { Sink(owner: self, digest: blob.digest) }

    fileprivate func keep(_ bytes: [UInt8], _ digest: OCISpec.Digest) { kept.withLockedValue { $0[digest] = bytes } }

    private final class Sink: BlobSink {
        let owner: MemoryDestination
        let digest: OCISpec.Digest

        init(owner: MemoryDestination, digest: OCISpec.Digest) {
            self.owner = owner
            self.digest = digest
        }

        var position: Int64 { Int64(owner.partial.withLockedValue { $0[digest]?.count ?? 0 }) }

        func append(_ bytes: UnsafeRawBufferPointer) throws {
            owner.partial.withLockedValue { $0[digest, default: []] += bytes }
        }

        func restart() throws { owner.partial.withLockedValue { $0[digest] = [] } }

        func finish() throws -> Bool {
            let bytes = owner.partial.withLockedValue { $0.removeValue(forKey: digest) ?? [] }
            guard Sample.digest(bytes) == digest else { return false }
            owner.keep(bytes, digest)
            return true
        }

        func pause() {}
    }
}

/// A blob to push that lies in memory.
struct MemorySource: BlobSource {
    let bytes: [UInt8]

    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        Array(bytes.dropFirst(Int(offset)).prefix(count))
    }
}
