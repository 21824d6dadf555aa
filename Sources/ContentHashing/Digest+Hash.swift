import Crypto
import OCISpec

extension OCISpec.Digest {
    /// The digest of bytes in memory. Image specification, "Digests".
    public static func of(_ bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> OCISpec.Digest {
        switch algorithm {
        case .sha256: OCISpec.Digest(.sha256, computed: SHA256.hash(data: bytes))
        case .sha512: OCISpec.Digest(.sha512, computed: SHA512.hash(data: bytes))
        }
    }
}
