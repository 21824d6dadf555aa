import Archive
import Crypto
import ImageStore
import OCISpec

/// SHA-256 or SHA-512 over a stream of bytes: for blobs that are written, and for the streams of an archive.
///
/// SAFETY of `@unchecked Sendable`: whoever hands it the bytes calls it from one thread at a time (see `ByteTap`), and the
/// digest is read after that.
public final class ContentHasher: ContentHash, ByteTap, @unchecked Sendable {
    private enum State {
        case sha256(SHA256)
        case sha512(SHA512)
    }

    private let algorithm: OCISpec.Digest.Algorithm
    private var state: State

    public init(_ algorithm: OCISpec.Digest.Algorithm = .sha256) {
        self.algorithm = algorithm
        state = Self.start(algorithm)
    }

    private static func start(_ algorithm: OCISpec.Digest.Algorithm) -> State {
        switch algorithm {
        case .sha256: .sha256(SHA256())
        case .sha512: .sha512(SHA512())
        }
    }

    public func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .sha512(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha512(hash)
        }
    }

    public func see(_ bytes: RawSpan) { bytes.withUnsafeBytes { update($0) } }

    public func reset() { state = Self.start(algorithm) }

    public func digest() -> OCISpec.Digest {
        let hash: [UInt8] =
            switch state {
            case .sha256(let hash): Array(hash.finalize())
            case .sha512(let hash): Array(hash.finalize())
            }
        return OCISpec.Digest(algorithm, computed: hash)
    }
}

extension OCISpec.Digest {
    /// The digest of bytes in memory.
    public static func of(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> OCISpec.Digest {
        let hasher = ContentHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.digest()
    }

    /// Names a stack of layers by the digests of their uncompressed forms, lowest first. Image specification, "Layer ChainID".
    ///
    /// No layers at all, which the specification leaves open, is the digest of nothing.
    public static func chainID(of diffIDs: [OCISpec.Digest]) -> OCISpec.Digest {
        guard let first = diffIDs.first else { return .of([]) }
        return diffIDs.dropFirst().reduce(first) { chain, layer in .of(Array("\(chain) \(layer)".utf8)) }
    }
}
