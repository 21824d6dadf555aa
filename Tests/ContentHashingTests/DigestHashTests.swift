import ContentHashing
import OCISpec
import Testing

@Suite struct DigestHashTests {
    @Test func theDigestOfNothingIsTheOneThatEverybodyKnows() {
        #expect(
            Digest.of([]).description
                == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func eachAlgorithmIsNamedByItsDigest() {
        #expect(Digest.of([1], .sha512).description.hasPrefix("sha512:"))
        #expect(Digest.of([1], .sha512).hex.count == 128)
    }
}
