import JSON
import OCISpec
import Testing

@Suite("Manifests and indexes")
struct ManifestTests {
    static let digest = "sha256:" + String(repeating: "0a", count: 32)

    static func descriptor(_ type: String, _ extra: [(String, JSONValue)] = []) -> JSONValue {
        var object = JSONObject()
        object["mediaType"] = .string(type)
        object["digest"] = .string(digest)
        object["size"] = 7
        for (key, value) in extra { object[key] = value }
        return .object(object)
    }

    private func manifest(_ config: String, _ layers: [String], _ extra: [(String, JSONValue)] = []) throws
        -> ImageManifest
    {
        var object = JSONObject()
        object["schemaVersion"] = 2
        object["config"] = Self.descriptor(config)
        object["layers"] = .array(layers.map { Self.descriptor($0) })
        for (key, value) in extra { object[key] = value }
        return try ImageManifest(json: JSONNode(.object(object)))
    }

    @Test("a manifest is read and written without loss of what it says")
    func roundTrip() throws {
        let text =
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","config":\#(Self.descriptor("c/d").text()),"layers":[\#(Self.descriptor("e/f").text())],"subject":\#(Self.descriptor("g/h").text()),"annotations":{"k":"v"}}"#
        #expect(try ImageManifest(json: JSONNode(reading: Array(text.utf8))).json.text() == text)
    }

    @Test("null is absent wherever the field shows it")
    func nulls() throws {
        let read = try manifest(
            "c/d", [],
            [("layers", nil), ("annotations", nil), ("subject", nil), ("mediaType", nil), ("artifactType", nil)])
        #expect(read.layers.isEmpty)
        let index = try ImageIndex(json: JSONNode(["schemaVersion": 2, "manifests": nil, "annotations": nil]))
        #expect(index.manifests.isEmpty)
        let descriptor = try Descriptor(
            json: JSONNode(Self.descriptor("a/b", [("platform", nil), ("annotations", nil), ("urls", nil)])))
        #expect(descriptor.platform == nil)
    }

    @Test(
        "a missing or wrong field is an error with its path",
        arguments: [
            (#"{"schemaVersion":2,"layers":[]}"#, "$.config: is missing"),
            (#"{"schemaVersion":2,"config":{"mediaType":"x","size":1},"layers":[]}"#, "$.config.digest: is missing"),
            (
                #"{"schemaVersion":2,"config":{"mediaType":"x","size":"1","digest":"\#(digest)"}}"#,
                "$.config.size: expected an integer, found a string"
            ),
            (
                #"{"schemaVersion":2,"config":{"mediaType":"x","size":-1,"digest":"\#(digest)"}}"#,
                "$.config.size: -1 is negative"
            ),
            (#"{"schemaVersion":3,"config":{}}"#, "$.schemaVersion: 3 isn't supported, expected 2"),
            (#"{"schemaVersion":2,"config":[]}"#, "$.config: expected an object, found an array"),
            (#"[]"#, "$: expected an object, found an array"),
        ])
    func errors(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try ManifestDocument(reading: Array(text.utf8)) }
        #expect(error?.description == message)
    }

    @Test("Docker's schema 1 is refused with a sentence that says what to do")
    func schema1() {
        for text in [#"{"schemaVersion":1,"fsLayers":[],"history":[]}"#, #"{"schemaVersion":1,"name":"x"}"#] {
            let error = #expect(throws: JSONError.self) { try ManifestDocument(reading: Array(text.utf8)) }
            #expect(
                error?.description.contains("schema 1 isn't supported") == true
                    || error?.description.contains("schema 1, which isn't supported") == true)
        }
    }

    @Test("a document that is a manifest and an index at once is refused")
    func ambiguous() {
        let text = #"{"schemaVersion":2,"manifests":[],"config":\#(Self.descriptor("x").text()),"layers":[]}"#
        #expect(throws: JSONError.self) { try ManifestDocument(reading: Array(text.utf8)) }
        #expect(throws: JSONError.self) {
            try ManifestDocument(
                reading: Array(
                    #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#.utf8),
                mediaType: .imageManifest)
        }
    }

    @Test("ten megabytes of JSON are refused before they are read")
    func tooLong() {
        let error = #expect(throws: JSONError.self) {
            try ManifestDocument(reading: [UInt8](repeating: 0x20, count: 10 << 20))
        }
        #expect(error?.description.contains("at most 4194304 are read") == true)
    }

    @Test("more layers than any image has are refused")
    func manyLayers() {
        let layers = [String](repeating: "x", count: SpecificationLimits.layers + 1)
        #expect(throws: JSONError.self) { try manifest("c", layers) }
    }

    @Test(
        "the form of an image is known by its types",
        arguments: [
            ("application/vnd.wasm.config.v0+json", ["application/wasm"], true),
            ("application/vnd.oci.empty.v1+json", ["application/wasm"], true),
            (
                "application/vnd.oci.image.config.v1+json",
                ["application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"], true
            ),
            ("application/vnd.oci.image.config.v1+json", ["application/vnd.module.wasm.content.layer.v1+wasm"], true),
            ("application/vnd.wasm.config.v1+json", ["application/vnd.wasm.content.layer.v1+wasm"], true),
            ("application/vnd.oci.image.config.v1+json", ["application/vnd.oci.image.layer.v1.tar+gzip"], false),
            (
                "application/vnd.docker.container.image.v1+json", ["application/vnd.docker.image.rootfs.diff.tar.gzip"],
                false
            ),
            ("application/vnd.oci.image.config.v1+json", [], false),
        ] as [(String, [String], Bool)])
    func forms(config: String, layers: [String], isWasm: Bool) throws {
        switch try manifest(config, layers).form {
        case .wasm: #expect(isWasm)
        case .layers: #expect(!isWasm)
        case .unknown: Issue.record("unknown")
        }
    }

    @Test("an artifact of another kind is known to be one")
    func unknown() throws {
        let spin = try manifest(
            "application/vnd.fermyon.spin.application.v1+config", ["application/vnd.wasm.content.layer.v1+wasm"])
        #expect(spin.form == .unknown(artifactType: "application/vnd.fermyon.spin.application.v1+config"))
        let helm = try manifest(
            "application/vnd.cncf.helm.config.v1+json", ["application/vnd.cncf.helm.chart.content.v1.tar+gzip"])
        #expect(helm.form == .unknown(artifactType: "application/vnd.cncf.helm.config.v1+json"))
    }

    @Test("a descriptor of 2,000 mutated manifests is read or refused, never more")
    func mutants() {
        let good = Array(
            #"{"schemaVersion":2,"config":\#(Self.descriptor("c/d").text()),"layers":[\#(Self.descriptor("e/f").text())]}"#
                .utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var mutant = good
            mutant[Int.random(in: 0..<mutant.count, using: &generator)] = .random(in: 0x20...0x7E, using: &generator)
            _ = try? ManifestDocument(reading: mutant)
        }
    }
}
