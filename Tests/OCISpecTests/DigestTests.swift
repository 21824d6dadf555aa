import OCISpec
import Testing

@Suite("Digests")
struct DigestTests {
    private let hex = String(repeating: "0a", count: 32)

    @Test("sha256 and sha512 with their lengths are read and written alike")
    func good() throws {
        for text in ["sha256:\(hex)", "sha512:\(hex)\(hex)"] { #expect(try Digest(parsing: text).description == text) }
        #expect(try Digest(parsing: "sha256:\(hex)").short == "0a0a0a0a0a0a")
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", ":", "sha256", "sha256:", "sha256:abc", "sha1:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "md5:x",
            "sha256:../../etc/passwd",
        ])
    func bad(text: String) {
        #expect(throws: InvalidDigest.self) { try Digest(parsing: text) }
    }

    @Test("capitals, spaces and a wrong length are refused")
    func form() {
        for text in [
            hex.uppercased(), hex + "0", String(hex.dropLast()), " " + hex.dropFirst(), "\(hex.dropLast())\u{0}",
            "\(hex.dropLast())é",
        ] {
            #expect(throws: InvalidDigest.self) { try Digest(parsing: "sha256:\(text)") }
        }
    }

    @Test("a hash of the wrong length is no digest")
    func hash() {
        #expect(Digest(.sha256, hash: [UInt8](repeating: 1, count: 32))?.hex == String(repeating: "01", count: 32))
        #expect(Digest(.sha256, hash: [UInt8](repeating: 1, count: 31)) == nil)
    }
}
