import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Several at once")
struct ConcurrencyTests {
    @Test("tasks that add, name, remove, list and find at once leave a store in order")
    func mixed() async throws {
        let fixture = try StoreFixture()
        let path = fixture.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let store = try ImageStore.open(root: path)
                    for round in 0..<15 {
                        let session = try store.session()
                        let bytes = Array("\0asm \(round % 3)".utf8)
                        let digest = FakeHash.digest(of: bytes)
                        try session.writeBlob(bytes, digest: digest, hash: FakeHash())
                        let blob = Descriptor(mediaType: .wasm, digest: digest, size: Int64(bytes.count))
                        let record = ImageRecord(
                            manifest: blob, configurationBlob: blob,
                            configuration: ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm")),
                            layers: [blob],
                            form: .artifact(module: blob), imported: 0)
                        try session.commit(
                            record, names: [try ImageReference(parsing: "x.com/a/b\(round % 3):w\(worker)")])
                        _ = try store.resolve("x.com/a/b\(round % 3):w\(worker)")
                        _ = try store.list()
                        if round % 4 == 3 { _ = try? store.remove("x.com/a/b\(round % 3):w\(worker)") }
                    }
                }
            }
            try await group.waitForAll()
        }
        let images = try fixture.store.list()
        #expect(images.count == 3)
        #expect(Set(images.flatMap(\.names)).count == images.flatMap(\.names).count)
        #expect(try fixture.names(in: "tmp").isEmpty)
        #expect(try fixture.store.prune().images.isEmpty)
        #expect(try fixture.store.list().count == 3)
    }

    @Test("of many that unpack one root at once, one does the work and all get it")
    func roots() async throws {
        let fixture = try StoreFixture()
        let path = fixture.path
        let chainID = FakeHash.digest(of: [1])
        let worked = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = try ImageStore.open(root: path)
                    let session = try store.session()
                    guard let writer = try session.beginRoot(chainID) else {
                        return store.rootPath(chainID) == nil ? 100 : 0
                    }
                    try Files.makeDirectory("\(writer.path)/only", mode: 0o755)
                    try writer.commit()
                    return 1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(worked == 1)
        #expect(try fixture.names(in: "tmp").isEmpty)
    }

    @Test("an unpacking that fails leaves nothing, and the next one does it")
    func failedRoot() throws {
        let fixture = try StoreFixture()
        let chainID = FakeHash.digest(of: [1])
        let session = try fixture.store.session()
        do {
            let writer = try #require(try session.beginRoot(chainID))
            try Files.makeDirectory("\(writer.path)/half", mode: 0o755)
        }
        #expect(fixture.store.rootPath(chainID) == nil)
        #expect(try fixture.names(in: "tmp").isEmpty)
        try session.beginRoot(chainID)?.commit()
        #expect(fixture.store.rootPath(chainID) != nil)
    }

    @Test("what a killed unpacking left goes with the next one, or when somebody asks")
    func killedRoot() throws {
        let fixture = try StoreFixture()
        let chainID = FakeHash.digest(of: [1])
        let left = "\(fixture.path)/tmp/root-\(chainID.hex)"
        for round in 0..<2 {
            try Files.makeDirectory(left, mode: 0o700)
            try fixture.write("half", to: "tmp/root-\(chainID.hex)/file")
            if round == 0 {
                try fixture.store.discardUnfinishedRoot(chainID)
            } else {
                let writer = try #require(try fixture.store.session().beginRoot(chainID))
                try fixture.store.discardUnfinishedRoot(chainID)
                try Files.makeDirectory("\(writer.path)/good", mode: 0o755)
                try writer.commit()
            }
            #expect(try fixture.names(in: "tmp").isEmpty)
        }
        #expect(try fixture.names(in: "roots/\(chainID.hex)/fs") == ["good"])
    }
}
