import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Finding an image")
struct ResolveTests {
    @Test("an image is found by its name in every spelling, by digest and by the beginning of its id")
    func spellings() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addArtifact("a", names: ["hello:v1"])
        let id = image.manifestDigest
        for text in [
            "hello:v1", "docker.io/library/hello:v1", "docker.io/hello:v1", id.description, id.hex, id.short,
            String(id.hex.prefix(4)),
            "sha256:\(id.short)", "hello@\(id)", "other@\(id)",
        ] {
            #expect(try fixture.store.resolve(text)?.manifestDigest == id, "\(text)")
        }
        for text in ["hello", "hello:v2", "user/hello:v1", "localhost/hello:v1", "0000", String(id.hex.prefix(3))] {
            #expect(try fixture.store.resolve(text) == nil, "\(text)")
        }
    }

    @Test("an artifact has the path of its module, a layered image its root once it is unpacked")
    func forms() throws {
        let fixture = try StoreFixture()
        let artifact = try #require(try fixture.addArtifact("a", names: ["a"]) as StoredImage?)
        guard case .artifact(let digest, let path) = artifact.form else { throw StoreError.notFound("artifact") }
        #expect(path == fixture.store.contentPath(digest))
        #expect(try Files.contents(of: path, limit: 100).starts(with: "\0asm".utf8))

        let layered = try fixture.addLayered("b", names: ["b"])
        guard case .layers(let chainID, nil) = layered.form else { throw StoreError.notFound("layers") }
        let session = try fixture.store.session()
        let writer = try #require(try session.beginRoot(chainID))
        try Files.makeDirectory("\(writer.path)/etc", mode: 0o755)
        try writer.commit()
        guard case .layers(_, let root?) = try fixture.store.resolve("b")?.form else {
            throw StoreError.notFound("root")
        }
        #expect(root == "\(fixture.path)/roots/\(chainID.hex)/fs")
        #expect(try Files.names(inDirectory: root, limit: 9) == ["etc"])
        #expect(try session.beginRoot(chainID) == nil)
    }

    @Test("an image for another platform than the one asked for isn't found")
    func platform() throws {
        let fixture = try StoreFixture()
        try fixture.addArtifact("a", names: ["a"], platform: Platform(os: "wasip2", architecture: "wasm"))
        #expect(try fixture.store.resolve("a", platform: .standard) != nil)
        #expect(try fixture.store.resolve("a", platform: try PlatformChoice(parsing: "linux/amd64")) == nil)
    }

    @Test("an id that fits two images is an error that lists them")
    func ambiguous() throws {
        let fixture = try StoreFixture()
        for ending in ["1", "2"] {
            let hex = String(repeating: "ab", count: 31) + "0" + ending
            try fixture.addArtifact(ending, names: ["n\(ending)"], manifest: Digest(.sha256, hex: hex))
        }
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve("abab") }
        #expect(error?.description.contains("fits several images (abababababab, abababababab)") == true)
        #expect(try fixture.store.resolve(String(repeating: "ab", count: 31) + "01")?.configuration != nil)
    }

    @Test("what is neither a name nor an id is refused", arguments: ["", "x.com/UPPER", "a b", "../etc", "a/../b"])
    func invalid(text: String) throws {
        let fixture = try StoreFixture()
        #expect(throws: StoreError.self) { try fixture.store.resolve(text) }
    }

    @Test("the longest name that there is can be kept")
    func longName() throws {
        let fixture = try StoreFixture()
        let name = "x.com/" + String(repeating: "a", count: 249) + ":" + String(repeating: "t", count: 128)
        let image = try fixture.addArtifact("a", names: [name])
        #expect(try fixture.store.resolve(name)?.manifestDigest == image.manifestDigest)
        let deep = "x.com/" + Array(repeating: "a", count: 120).joined(separator: "/")
        try fixture.addArtifact("b", names: [deep, "x.com/a"])
        #expect(try fixture.store.resolve(deep) != nil)
        #expect(try fixture.store.list().flatMap(\.names).count == 3)
        _ = try fixture.store.remove(deep)
        #expect(try fixture.store.resolve(deep) == nil)
        #expect(try fixture.store.resolve("x.com/a") != nil)
    }

    @Test("a store that somebody else may write to is refused")
    func trust() throws {
        let fixture = try StoreFixture()
        try OwnershipCalls.setPermissions(fixture.path, in: Files.currentDirectory, 0o777)
        let error = #expect(throws: StoreError.self) { try ImageStore.open(root: fixture.path) }
        #expect(error?.description.contains("chmod 0700") == true)
        #expect(throws: StoreError.self) { try ImageStore.existing(root: fixture.path) }
    }

    @Test("every directory of a store is its owner's alone")
    func modes() throws {
        let fixture = try StoreFixture()
        try fixture.addArtifact("a", names: ["x.com/a/b:c"])
        var directories = [""]
        while let directory = directories.popLast() {
            #expect(try FileStatus.of(fixture.path + directory).permissions == 0o700, "\(directory)")
            for name in try fixture.names(in: directory) {
                let status = try FileStatus.of("\(fixture.path)\(directory)/\(name)")
                if status.kind == .directory {
                    directories.append("\(directory)/\(name)")
                } else {
                    #expect(status.permissions == 0o600, "\(directory)/\(name)")
                }
            }
        }
    }

    @Test("there is no store where none was made, and asking makes none")
    func absent() throws {
        #expect(try ImageStore.existing(root: "/tmp/martlet-no-store-\(Processes.current)") == nil)
        #expect((try? FileStatus.of("/tmp/martlet-no-store-\(Processes.current)")) == nil)
    }
}
