import Archive
import ContentHashing
import Crypto
import ImageStore
import OCISpec

/// SHA-256 or SHA-512 over a stream of bytes: for blobs that are written, and for the streams of an archive.
///
/// SAFETY of `@unchecked Sendable`: whoever hands it the bytes calls it from one thread at a time (see `ByteTap`), and the
/// digest is read after that.
public final class ContentHasher: ContentHash, ByteTap, @unchecked Sendable {
    private let algorithm: OCISpec.Digest.Algorithm
    // Both are here, one is used: a hash inside an enumeration would be copied at every update.
    private var sha256 = SHA256()
    private var sha512 = SHA512()

    public init(_ algorithm: OCISpec.Digest.Algorithm = .sha256) { self.algorithm = algorithm }

    /// Takes the next bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        switch algorithm {
        case .sha256: sha256.update(bufferPointer: bytes)
        case .sha512: sha512.update(bufferPointer: bytes)
        }
    }

    public func see(_ bytes: RawSpan) { bytes.withUnsafeBytes { update($0) } }

    /// Begins anew.
    public func reset() {
        sha256 = SHA256()
        sha512 = SHA512()
    }

    /// The digest of all bytes since the beginning.
    public func digest() -> OCISpec.Digest {
        switch algorithm {
        case .sha256: OCISpec.Digest(.sha256, computed: sha256.finalize())
        case .sha512: OCISpec.Digest(.sha512, computed: sha512.finalize())
        }
    }
}

extension OCISpec.Digest {
    /// Names a stack of layers by the digests of their uncompressed forms, lowest first. Image specification, "Layer ChainID".
    ///
    /// No layers at all, which the specification leaves open, is the digest of nothing.
    public static func chainID(of diffIDs: [OCISpec.Digest]) -> OCISpec.Digest {
        guard let first = diffIDs.first else { return .of([]) }
        return diffIDs.dropFirst().reduce(first) { chain, layer in .of(Array("\(chain) \(layer)".utf8)) }
    }
}
