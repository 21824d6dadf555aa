import JSON
import Testing

@Suite("What a sample's files may say")
struct ManifestTests {
    @Test("a Dockerfile's instructions are read")
    func readsInstructions() throws {
        let dockerfile = try Dockerfile(
            """
            # A comment
            FROM scratch
            COPY a.wasm /a.wasm
            COPY image/ /
            ENV GREETING="good morning"
            ENV EMPTY=
            EXPOSE 80 443
            ENTRYPOINT ["/a.wasm"]
            CMD ["one", "two words"]
            """)
        #expect(dockerfile.copies.map(\.destination) == ["/a.wasm", "/"])
        #expect(dockerfile.environment == ["GREETING=good morning", "EMPTY="])
        #expect(dockerfile.exposed == [80, 443])
        #expect(dockerfile.entrypoint == ["/a.wasm"])
        #expect(dockerfile.command == ["one", "two words"])
    }

    @Test(
        "a Dockerfile that would not be followed to the letter is refused",
        arguments: [
            "", "FROM scratch", "COPY a /a\nENTRYPOINT [\"/a\"]", "FROM debian\nENTRYPOINT [\"/a\"]",
            "FROM scratch\nENTRYPOINT /a", "FROM scratch\nRUN true\nENTRYPOINT [\"/a\"]",
            "FROM scratch\nFROM scratch\nENTRYPOINT [\"/a\"]", "FROM scratch\nCOPY a a\nENTRYPOINT [\"/a\"]",
            "FROM scratch\nENV A=two words\nENTRYPOINT [\"/a\"]", "FROM scratch\nEXPOSE 99999\nENTRYPOINT [\"/a\"]",
        ])
    func refusesInstructions(text: String) {
        #expect(throws: Dockerfile.Refused.self) { try Dockerfile(text) }
    }

    @Test(
        "a manifest with an unknown, missing or mistyped key is refused",
        arguments: [
            #"{"name": "a", "stdout": "b", "exitcode": 3}"#, #"{"name": "a"}"#, #"{"stdout": "b"}"#,
            #"{"name": "a", "stdout": "b", "ports": [70000]}"#, #"{"name": "a", "stdout": "b", "terminal": "yes"}"#,
            #"{"name": "a", "stdout": "b", "mounts": [{"source": "x"}]}"#,
        ])
    func refusesManifests(text: String) throws {
        let node = try JSONNode(reading: [UInt8](text.utf8))
        #expect(throws: JSONError.self) { try Sample.Run(node) }
    }
}
