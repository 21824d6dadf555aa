import Archive
import ContentHashing
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

@Suite("Importing images")
struct ImportTests {
    @Test(
        "an image survives the way out and in again, in every form",
        arguments: [
            ("dir", .layout), ("a.tar", .archive(.none)), ("a.tar.gz", .archive(.gzip)), ("a.tar.zst", .archive(.zstd)),
            ("docker.tar", .docker),
        ] as [(String, ImageExport.Format)])
    func forms(name: String, format: ImageExport.Format) throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("localhost/hello:v1") { $0.environment = ["A=1"] }
        try fixture.export(image, name, format)
        _ = try fixture.store.remove("localhost/hello:v1")
        _ = try fixture.store.prune()
        let images = try fixture.importing(name)
        #expect(images.map(\.manifestDigest) == [image.manifestDigest])
        #expect(images[0].reference?.description == "localhost/hello:v1")
        #expect(images[0].configuration.environment == ["A=1"])
        #expect(try fixture.store.resolve("localhost/hello:v1")?.record.layers == image.record.layers)
    }

    @Test("an image without a name is called after its file, one with a tag after both")
    func names() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture, "My.Layout")
        var manifest = try layout.artifact()
        try layout.index([manifest])
        #expect(try fixture.importing("My.Layout")[0].reference?.familiar == "my-layout:latest")
        manifest.annotations = [ImageLayout.referenceName: "v7"]
        try layout.index([manifest])
        #expect(try fixture.importing("My.Layout")[0].reference?.familiar == "my-layout:v7")
        manifest.annotations = [ImageLayout.referenceName: "x.com/a:b"]
        try layout.index([manifest])
        #expect(try fixture.importing("My.Layout")[0].reference?.familiar == "x.com/a:b")
        manifest.annotations = [ImageLayout.referenceName: "b", ImageLayout.containerdName: "docker.io/library/c:b"]
        try layout.index([manifest])
        #expect(try fixture.importing("My.Layout")[0].reference?.familiar == "c:b")
        #expect(
            try fixture.importing("My.Layout") { $0.name = try ImageReference(parsing: "z") }[0].reference?.familiar
                == "z:latest")
    }

    @Test("of several images all come in, or the one that is chosen by name or tag")
    func several() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var manifests: [Descriptor] = []
        for (number, name) in ["x.com/a:1", "x.com/b:2", "three"].enumerated() {
            var manifest = try layout.artifact { $0.annotations = ["n": "\(number)"] }
            manifest.annotations = [ImageLayout.referenceName: name]
            manifests.append(manifest)
        }
        try layout.index(manifests)
        #expect(try fixture.importing("layout").map(\.manifestDigest) == manifests.map(\.digest))
        for (selection, number) in [("x.com/b:2", 1), ("2", 1), ("three", 2)] {
            #expect(
                try fixture.importing("layout") { $0.selection = selection }.map(\.manifestDigest) == [
                    manifests[number].digest
                ])
        }
        let none = #expect(throws: TransferError.self) { try fixture.importing("layout") { $0.selection = "four" } }
        #expect(
            none?.description.hasSuffix(#"has no image "four"; there is "x.com/a:1", "x.com/b:2", "three""#) == true)
        let both = #expect(throws: TransferError.self) {
            try fixture.importing("layout") { $0.name = try ImageReference(parsing: "z") }
        }
        #expect(both?.kind == .ambiguous)
    }

    @Test(
        "the platform decides among the entries of an index, nested or not",
        arguments: [
            (nil, "wasi/wasm"), ("wasip2/wasm", "wasip2/wasm"), ("linux/s390x", "linux/s390x"),
        ] as [(String?, String)], [false, true])
    func platforms(choice: (wanted: String?, found: String), nested: Bool) throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var entries: [Descriptor] = []
        for text in ["linux/s390x", "wasip2/wasm", "wasi/wasm"] {
            let platform = try Platform(parsing: text)
            var manifest = try layout.artifact(platform: platform)
            manifest.platform = platform
            entries.append(manifest)
        }
        entries.append(
            Descriptor(
                mediaType: .imageManifest, digest: Digest.of([9]), size: 9,
                platform: Platform(os: "unknown", architecture: "unknown")))
        var top = entries
        if nested {
            let inner = try layout.blob(ImageIndex(manifests: Array(entries[1...])).json, .imageIndex)
            top = [entries[0], inner]
        }
        let index = try layout.blob(ImageIndex(manifests: top).json, .imageIndex)
        try layout.index([index])
        let image = try fixture.importing("layout") {
            if let wanted = choice.wanted { $0.platform = try PlatformChoice(parsing: wanted) }
        }[0]
        #expect(image.platform.description == choice.found)
        #expect(image.record.index == index.digest)
        #expect(try fixture.store.resolve("layout", platform: .standard) == nil || choice.found.hasPrefix("wasi"))
    }

    @Test("no image for the platform is an error that lists what there is")
    func noPlatform() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var manifest = try layout.artifact()
        manifest.platform = Platform(os: "linux", architecture: "s390x")
        try layout.index([manifest])
        let error = #expect(throws: TransferError.self) { try fixture.importing("layout") }
        #expect(error?.kind == .noMatchingPlatform)
        #expect(error?.description.contains("there is linux/s390x; choose one with --platform") == true)
        try layout.index([try layout.artifact()])
        #expect(throws: TransferError.self) {
            try fixture.importing("layout") { $0.platform = try PlatformChoice(parsing: "linux/amd64") }
        }
        try fixture.expectNoImage()
    }

    @Test("docker save before version 25: layers in folders, some of them links to others")
    func dockerOld() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") { $0.compression = .none }
        let layer = try fixture.store.readContent(image.record.layers[0].digest, limit: 1 << 20)
        var configuration = ImageConfiguration(platform: Platform(os: "linux", architecture: "amd64"))
        configuration.entrypoint = ["/hello.wasm"]
        configuration.diffIDs = [Digest.of(layer), Digest.of(layer), Digest.of(layer)]
        let json = configuration.json.bytes()
        let config = "\(Digest.of(json).hex).json"
        let manifest: JSONValue = [
            [
                "Config": .string(config), "RepoTags": ["app:1", "app:2"],
                "Layers": ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"],
            ]
        ]
        try fixture.archive(
            "docker.tar",
            [
                .link("bb/layer.tar", to: "../aa/layer.tar"), .file("aa/layer.tar", layer),
                .file("aa/VERSION", Array("1.0".utf8)),
                .hardLink("cc/layer.tar", to: "aa/layer.tar"), .file(config, json),
                .file("manifest.json", manifest.bytes()),
                .file("repositories", Array("{}".utf8)),
            ])
        let found = try fixture.importing("docker.tar")[0]
        #expect(found.configuration.entrypoint == ["/hello.wasm"])
        #expect(found.record.layers.map(\.digest) == configuration.diffIDs)
        #expect(found.record.configurationBlob.digest == Digest.of(json))
        #expect(try fixture.store.resolve("app:2")?.manifestDigest == found.manifestDigest)
        let root = try ImageUnpack().run(found, in: fixture.store).rootPath
        #expect(try Files.names(inDirectory: root, limit: 9) == ["hello.wasm"])
    }

    @Test("a docker archive whose layers are compressed is typed by what they are")
    func dockerCompressed() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") { $0.compression = .zstd }
        let layer = try fixture.store.readContent(image.record.layers[0].digest, limit: 1 << 20)
        let config = try fixture.store.readContent(image.record.configurationBlob.digest, limit: 1 << 20)
        let manifest: JSONValue = [["Config": "c.json", "RepoTags": nil, "Layers": ["l.tar"]]]
        try fixture.archive(
            "d.tar.gz", [.file("l.tar", layer), .file("c.json", config), .file("manifest.json", manifest.bytes())],
            .gzip)
        let found = try fixture.importing("d.tar.gz")[0]
        #expect(found.record.layers.map(\.mediaType) == [.layerZstd])
        #expect(found.reference?.familiar == "d:latest")
        #expect(throws: Never.self) { try ImageUnpack().run(found, in: fixture.store) }
    }

    @Test("what isn't an image says what it is and what to do")
    func notImages() throws {
        let fixture = try TransferFixture()
        try fixture.write("a.wasm", SampleModule.bytes)
        try fixture.write("b.wat", Array("(module)".utf8))
        try fixture.write("text", Array(";; hello\n(module)".utf8))
        try fixture.write("bundle/config.json", Array("{}".utf8))
        try fixture.write("empty/x", [])
        try fixture.write("junk", [1, 2, 3])
        try fixture.archive("other.tar", [.file("a.txt", [1])])
        try fixture.archive("ancient.tar", [.file("repositories", Array("{}".utf8))])
        #expect(try ImageSource.detect(fixture.file("a.wasm")) == .wasm(path: fixture.file("a.wasm")))
        #expect(try ImageSource.detect(fixture.file("b.wat")) == .wat(path: fixture.file("b.wat")))
        #expect(try ImageSource.detect(fixture.file("text")) == .wat(path: fixture.file("text")))
        #expect(try ImageSource.detect(fixture.file("bundle")) == .bundle(path: fixture.file("bundle")))
        #expect(try ImageSource.detect(fixture.file("nothing")) == nil)
        for (name, words) in [
            ("a.wasm", "martlet image build"), ("bundle", "martlet run"), ("other.tar", "without index.json"),
            ("ancient.tar", "Docker before 1.10"), ("junk", "no tar archive"), ("empty", "no oci-layout"),
        ] {
            let error = #expect(throws: TransferError.self) { try fixture.importing(name) }
            #expect(error?.description.contains(words) == true, "\(name): \(error?.description ?? "")")
        }
    }

    @Test("imports of one image by many tasks at once leave one image and nothing unfinished")
    func concurrent() async throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("localhost/a:1")
        try fixture.export(image, "a.tar", .archive(.none))
        try fixture.export(image, "dir", .layout)
        _ = try fixture.store.remove("localhost/a:1")
        _ = try fixture.store.prune()
        let (root, paths) = (fixture.store.root, [fixture.file("a.tar"), fixture.file("dir")])
        try await withThrowingTaskGroup(of: Digest.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let store = try ImageStore.open(root: root)
                    let source = try #require(try ImageSource.detect(paths[number % 2]))
                    let image = try ImageImport().run(source, into: store)[0]
                    _ = try ImageUnpack().run(image, in: store)
                    return image.manifestDigest
                }
            }
            for try await digest in group { #expect(digest == image.manifestDigest) }
        }
        #expect(try fixture.store.list().count == 1)
        #expect(try fixture.names(in: "store/tmp").isEmpty)
        #expect(try fixture.names(in: "store/roots").count == 1)
    }

    @Test("blobs named by SHA-512 are checked and kept like others, from a directory and from an archive")
    func sha512() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let layer = try layout.blob(SampleModule.bytes, .wasm, .sha512)
        let configuration = try layout.blob(
            WasmConfiguration(platform: Platform(os: "wasip1", architecture: "wasm"), layerDigests: []).json.bytes(),
            .wasmConfiguration, .sha512)
        let manifest = ImageManifest(configuration: configuration, layers: [layer])
        let descriptor = try layout.blob(manifest.json.bytes(), .imageManifest, .sha512)
        try layout.index([descriptor])
        let image = try fixture.importing("layout")[0]
        #expect(image.manifestDigest == descriptor.digest)
        #expect(try fixture.store.resolve(descriptor.digest.description)?.manifestDigest == descriptor.digest)
        try fixture.export(image, "a.tar", .archive(.gzip))
        _ = try fixture.store.remove(descriptor.digest.description)
        #expect(try fixture.store.prune().blobs == 3)
        #expect(try fixture.importing("a.tar")[0].record.layers == [layer])
        var bytes = SampleModule.bytes
        bytes[8] ^= 1
        try fixture.write("layout/\(ImageLayout.path(of: layer.digest))", bytes)
        _ = try fixture.store.remove(descriptor.digest.description)
        _ = try fixture.store.prune()
        #expect(throws: TransferError.self) { try fixture.importing("layout") }
    }

    @Test(
        "every type under which the field has shipped WebAssembly is an artifact",
        arguments: [
            "application/wasm", "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm",
            "application/vnd.module.wasm.content.layer.v1+wasm", "application/vnd.wasm.content.layer.v1+wasm",
        ],
        [MediaType.wasmConfiguration, .wasmConfigurationV1, .imageConfiguration, .emptyJSON])
    func artifactTypes(layerType: String, configurationType: MediaType) throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var configuration = ImageConfiguration(platform: Platform(os: "wasip1", architecture: "wasm"))
        configuration.entrypoint = ["/app.wasm"]
        let json = configurationType == .emptyJSON ? [:] : configuration.json
        let manifest = ImageManifest(
            configuration: try layout.blob(json, configurationType),
            layers: [try layout.blob(SampleModule.bytes, MediaType(layerType))], artifactType: "application/vnd.x")
        try layout.index([try layout.blob(manifest.json, .imageManifest)])
        let image = try fixture.importing("layout")[0]
        guard case .artifact(let digest, _) = image.form else { throw StoreError.notFound("artifact") }
        #expect(digest == Digest.of(SampleModule.bytes))
        #expect(image.platform.architecture == "wasm")
        #expect(image.configuration.entrypoint == (configurationType == .imageConfiguration ? ["/app.wasm"] : []))
    }
}
