import Crypto
import OCISpec

extension OCISpec.Digest {
    /// The digest of content that is in memory: manifests and indexes.
    static func computed(over bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> OCISpec.Digest? {
        switch algorithm {
        case .sha256: OCISpec.Digest(.sha256, hash: SHA256.hash(data: bytes))
        case .sha512: OCISpec.Digest(.sha512, hash: SHA512.hash(data: bytes))
        }
    }
}
