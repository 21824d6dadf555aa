import Archive
import ContentHashing
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

@Suite("Hostile images")
struct HostileImageTests {
    /// Expects an import to be refused with these words and to leave no image.
    private func expectRefused(
        _ fixture: TransferFixture, _ kind: TransferError.Kind, _ words: String, name: String = "layout",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let error = #expect(throws: TransferError.self, sourceLocation: location) { try fixture.importing(name) }
        #expect(error?.kind == kind, "\(error?.description ?? "")", sourceLocation: location)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")", sourceLocation: location)
        #expect(error?.description.contains("\n") == false, sourceLocation: location)
        try fixture.expectNoImage()
    }

    @Test("a blob with another content than its digest is refused, whichever it is")
    func wrongDigest() throws {
        for victim in ["manifest", "config", "layer"] {
            let fixture = try TransferFixture()
            let layout = try HandmadeLayout(fixture)
            var digests: [String: Digest] = [:]
            let manifest = try layout.artifact {
                digests = ["config": $0.configuration.digest, "layer": $0.layers[0].digest]
            }
            digests["manifest"] = manifest.digest
            try layout.index([manifest])
            let path = "layout/blobs/sha256/\(digests[victim]?.hex ?? "")"
            var bytes = try fixture.read(path)
            bytes[bytes.count - 2] ^= 1
            try fixture.write(path, bytes)
            try expectRefused(fixture, .mismatch, "digest")
        }
    }

    @Test(
        "a blob that is longer or shorter than its descriptor says is refused", arguments: [-1, 1, 1 << 40] as [Int64])
    func wrongSize(difference: Int64) throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let manifest = try layout.artifact { $0.layers[0].size += difference }
        try layout.index([manifest])
        try expectRefused(
            fixture, difference > 1 << 35 ? .tooLarge : .mismatch, difference > 1 << 35 ? "at most" : "bytes")
    }

    @Test("a missing blob is refused", arguments: ["manifest", "config", "layer"])
    func missing(victim: String) throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var digests: [String: Digest] = [:]
        let manifest = try layout.artifact {
            digests = ["config": $0.configuration.digest, "layer": $0.layers[0].digest]
        }
        digests["manifest"] = manifest.digest
        try layout.index([manifest])
        try Files.unlink(fixture.file("layout/blobs/sha256/\(digests[victim]?.hex ?? "")"))
        try expectRefused(fixture, .notFound, "is missing; the image is incomplete")
    }

    @Test("an index of ten megabytes, and one of a gigabyte, are refused unread")
    func giantIndex() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        try layout.index(text: String(repeating: " ", count: 10 << 20))
        try expectRefused(fixture, .tooLarge, "has more than 4194304 bytes")
        let file = try Files.open(fixture.file("layout/index.json"), flags: [.writeOnly, .truncate])
        try TransferCalls.truncate(file.rawValue, to: 1 << 30)
        try expectRefused(fixture, .tooLarge, "has more than 4194304 bytes")
        // The same where a descriptor says so before anything is opened.
        try layout.index([Descriptor(mediaType: .imageManifest, digest: Digest.of([1]), size: 1 << 30)])
        try expectRefused(fixture, .tooLarge, "has 1073741824 bytes, at most 4194304 are read")
    }

    @Test("indexes within each other without end are refused")
    func deepIndexes() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        var entry = try layout.artifact()
        for level in 0...SpecificationLimits.indexDepth {
            entry = try layout.blob(ImageIndex(manifests: [entry], annotations: ["l": "\(level)"]).json, .imageIndex)
        }
        try layout.index([entry])
        try expectRefused(fixture, .tooLarge, "indexes within each other")
    }

    @Test("an index that names itself can't have its own digest, and one that lies about it is refused")
    func cycle() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let digest = Digest.of(Array("cycle".utf8))
        let me = Descriptor(mediaType: .imageIndex, digest: digest, size: 300)
        let text = ImageIndex(manifests: [me]).json.text()
        let padded = text + String(repeating: " ", count: 300 - text.utf8.count)
        try fixture.write("layout/blobs/sha256/\(digest.hex)", Array(padded.utf8))
        try layout.index([me])
        try expectRefused(fixture, .mismatch, "its content has the digest")
    }

    @Test("an index that names one image 100,000 times is refused, through nesting too")
    func wideIndexes() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let manifest = try layout.artifact()
        try layout.index([Descriptor](repeating: manifest, count: SpecificationLimits.indexEntries + 1))
        try expectRefused(fixture, .malformed, "$.manifests: has 1025 elements, at most 1024 are read")
        // Eight levels that each name the next one a thousand times are read once each.
        var entry = manifest
        for level in 0..<SpecificationLimits.indexDepth {
            var entries: [Descriptor] = []
            for _ in 0..<500 { entries.append(entry) }
            entry = try layout.blob(ImageIndex(manifests: entries, annotations: ["l": "\(level)"]).json, .imageIndex)
        }
        try layout.index([entry])
        #expect(try fixture.importing("layout").count == 1)
    }

    @Test(
        "an index.json that isn't one is refused with the place",
        arguments: [
            ("", "byte 0"), ("[]", "$: expected an object"),
            (#"{"schemaVersion":1,"manifests":[]}"#, "schema 1 isn't supported"),
            (#"{"schemaVersion":2,"manifests":[{}]}"#, "$.manifests[0].digest: is missing"),
            (#"{"schemaVersion":2,"manifests":[{"digest":"sha256:zz","size":1}]}"#, "$.manifests[0].digest: digest"),
            (#"{"schemaVersion":2,"manifests":{}}"#, "$.manifests: expected an array, found an object"),
            (#"{"schemaVersion":2,"schemaVersion":2}"#, "occurs twice"),
        ])
    func brokenIndex(text: String, words: String) throws {
        let fixture = try TransferFixture()
        try HandmadeLayout(fixture).index(text: text)
        try expectRefused(fixture, .malformed, words)
    }

    @Test(
        "an index without images says so",
        arguments: [#"{"schemaVersion":2}"#, #"{"schemaVersion":2,"manifests":null}"#])
    func emptyIndex(text: String) throws {
        let fixture = try TransferFixture()
        try HandmadeLayout(fixture).index(text: text)
        try expectRefused(fixture, .notFound, "holds no image")
    }

    @Test("an artifact that can't be run is refused before its blobs are copied")
    func unsupported() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let manifest = try layout.artifact {
            $0.configuration.mediaType = MediaType("application/vnd.cncf.helm.config.v1+json")
            $0.layers[0].mediaType = MediaType("application/vnd.cncf.helm.chart.content.v1.tar+gzip")
        }
        try layout.index([manifest])
        try expectRefused(fixture, .unsupported, "application/vnd.cncf.helm.config.v1+json")
        #expect(try fixture.names(in: "store/blobs/sha256").isEmpty)
    }

    @Test("a wasm layer that is no WebAssembly is refused")
    func notWasm() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        try layout.index([try layout.artifact(module: Array("#!/bin/sh".utf8))])
        try expectRefused(fixture, .malformed, "is no WebAssembly binary")
    }

    @Test("a configuration with more or fewer diff ids than layers is refused")
    func diffIDCount() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let configuration = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        let manifest = ImageManifest(
            configuration: try layout.blob(configuration.json, .imageConfiguration),
            layers: [try layout.blob([1], .layer)])
        try layout.index([try layout.blob(manifest.json, .imageManifest)])
        try expectRefused(fixture, .malformed, "has 1 layers, its configuration has 0 diff ids")
    }

    @Test("a link out of the layout isn't followed, and a pipe isn't waited for")
    func linksAndPipes() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let manifest = try layout.artifact()
        try layout.index([manifest])
        let path = fixture.file("layout/blobs/sha256/\(manifest.digest.hex)")
        try Files.rename(path, to: fixture.file("outside"))
        try FileCalls.symbolicLink(to: fixture.file("outside"), at: path, in: Files.currentDirectory)
        try expectRefused(fixture, .malformed, "leads out of the layout")
        try Files.unlink(path)
        try OwnershipCalls.makeNode(.pipe, path, in: Files.currentDirectory)
        try OwnershipCalls.setPermissions(path, in: Files.currentDirectory, 0o600)
        try expectRefused(fixture, .malformed, "isn't a regular file")
        try Files.unlink(path)
        try Files.rename(fixture.file("outside"), to: fixture.file("layout/inside"))
        try FileCalls.symbolicLink(to: "../../inside", at: path, in: Files.currentDirectory)
        #expect(try fixture.importing("layout").count == 1)
    }

    @Test("a docker archive with a lying name, a missing layer or links in a circle is refused")
    func docker() throws {
        let fixture = try TransferFixture()
        let config = ImageConfiguration(platform: .host).json.bytes()
        func manifest(_ config: String, _ layers: [JSONValue]) -> ArchiveItem {
            .file(
                "manifest.json",
                JSONValue.array([["Config": .string(config), "RepoTags": nil, "Layers": .array(layers)]]).bytes())
        }
        let lie = String(repeating: "ab", count: 32) + ".json"
        try fixture.archive("a.tar", [.file(lie, config), manifest(lie, [])])
        try expectRefused(fixture, .mismatch, "its content has the digest", name: "a.tar")
        try fixture.archive("b.tar", [.file("c.json", config), manifest("c.json", ["x/layer.tar"])])
        try expectRefused(fixture, .notFound, #"names the layer "x/layer.tar", which it doesn't hold"#, name: "b.tar")
        try fixture.archive(
            "c.tar",
            [
                .file("c.json", config), .link("l.tar", to: "m.tar"), .link("m.tar", to: "l.tar"),
                manifest("c.json", ["l.tar"]),
            ])
        try expectRefused(fixture, .notFound, "which it doesn't hold", name: "c.tar")
        try fixture.archive(
            "d.tar", [.file("c.json", config), .link("l.tar", to: "/etc/passwd"), manifest("c.json", ["l.tar"])])
        try expectRefused(fixture, .notFound, "which it doesn't hold", name: "d.tar")
        try fixture.archive("e.tar", [manifest("../../../etc/passwd", [])])
        try expectRefused(fixture, .notFound, "which it doesn't hold", name: "e.tar")
        try fixture.archive("f.tar", [.file("manifest.json", [1]), .file("./manifest.json", [2])])
        try expectRefused(fixture, .malformed, "occurs twice", name: "f.tar")
    }

    @Test("a gzip bomb of an archive is stopped")
    func bomb() throws {
        let fixture = try TransferFixture()
        let zeros = [UInt8](repeating: 0, count: 96 << 20)
        try fixture.archive("bomb.tar.gz", [.file("index.json", zeros)], .gzip)
        try expectRefused(fixture, .tooLarge, "archive", name: "bomb.tar.gz")
    }

    @Test("an archive cut off in the middle is refused")
    func truncated() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a")
        try fixture.export(image, "a.tar", .archive(.none))
        try fixture.export(image, "a.tgz", .archive(.gzip))
        _ = try fixture.store.remove("a")
        for name in ["a.tar", "a.tgz"] {
            let bytes = try fixture.read(name)
            try fixture.write(name, Array(bytes.prefix(bytes.count / 2)))
            #expect(throws: TransferError.self) { try fixture.importing(name) }
            try fixture.expectNoImage()
        }
    }
}
