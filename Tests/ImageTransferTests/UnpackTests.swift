import Archive
import ContentHashing
import ImageStore
import ImageTransfer
import JSON
import LayerUnpacking
import OCISpec
import SystemCalls
import Testing

@Suite("Unpacking images")
struct UnpackTests {
    @Test("an image is unpacked once and found unpacked from then on")
    func once() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a")
        let first = try ImageUnpack().run(image, in: fixture.store)
        #expect(first.summary?.layers == 1)
        #expect(try Files.contents(of: "\(first.rootPath)/hello.wasm", limit: 1 << 20) == SampleModule.bytes)
        let second = try ImageUnpack().run(image, in: fixture.store)
        #expect(second.rootPath == first.rootPath && second.summary == nil)
        guard case .layers(_, let path?) = try fixture.store.resolve("a")?.form else {
            throw StoreError.notFound("root")
        }
        #expect(path == first.rootPath)
    }

    @Test("a layer whose uncompressed content isn't what its diff id says leaves nothing")
    func wrongDiffID() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let good = try fixture.build("good")
        let layer = try layout.blob(
            try fixture.store.readContent(good.record.layers[0].digest, limit: 1 << 20), .layerGzip)
        var configuration = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        configuration.diffIDs = [Digest.of([1])]
        let manifest = ImageManifest(
            configuration: try layout.blob(configuration.json, .imageConfiguration), layers: [layer])
        try layout.index([try layout.blob(manifest.json, .imageManifest)])
        let image = try fixture.importing("layout")[0]
        let error = #expect(throws: TransferError.self) { try ImageUnpack().run(image, in: fixture.store) }
        #expect(error?.kind == .mismatch)
        #expect(error?.description.contains("layer 1: its uncompressed content has the digest") == true)
        #expect(try fixture.names(in: "store/roots").isEmpty)
        #expect(try fixture.names(in: "store/tmp").isEmpty)
    }

    @Test("a limit stops an unpacking, names itself and leaves nothing")
    func limit() throws {
        let fixture = try TransferFixture()
        for number in 0..<5 { try fixture.write("tree/\(number)", [1]) }
        let image = try fixture.build("a") {
            $0.source = .directory(path: fixture.file("tree"))
            $0.entrypoint = ["/0"]
        }
        var unpack = ImageUnpack()
        unpack.limits[.entries] = 3
        let error = #expect(throws: TransferError.self) { try unpack.run(image, in: fixture.store) }
        #expect(error?.kind == .tooLarge)
        #expect(try fixture.names(in: "store/roots").isEmpty)
        #expect(throws: Never.self) { try ImageUnpack().run(image, in: fixture.store) }
    }

    @Test("an artifact has nothing to unpack")
    func artifact() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") { $0.form = .artifact }
        let error = #expect(throws: TransferError.self) { try ImageUnpack().run(image, in: fixture.store) }
        #expect(error?.kind == .badRequest)
    }

    @Test("an image without layers is an empty root")
    func empty() throws {
        let fixture = try TransferFixture()
        let layout = try HandmadeLayout(fixture)
        let configuration = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        let manifest = ImageManifest(
            configuration: try layout.blob(configuration.json, .imageConfiguration), layers: [])
        try layout.index([try layout.blob(manifest.json, .imageManifest)])
        let image = try fixture.importing("layout")[0]
        let root = try ImageUnpack().run(image, in: fixture.store).rootPath
        #expect(try Files.names(inDirectory: root, limit: 9).isEmpty)
    }

    @Test("the chain id is the one of the specification")
    func chainID() {
        let digests = ["a", "b", "c"].map { Digest.of(Array($0.utf8)) }
        #expect(Digest.chainID(of: [digests[0]]) == digests[0])
        let two = Digest.of(Array("\(digests[0]) \(digests[1])".utf8))
        #expect(Digest.chainID(of: [digests[0], digests[1]]) == two)
        #expect(Digest.chainID(of: digests) == Digest.of(Array("\(two) \(digests[2])".utf8)))
    }
}
