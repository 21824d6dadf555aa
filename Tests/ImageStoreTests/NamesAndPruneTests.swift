import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Names, removal and pruning")
struct NamesAndPruneTests {
    @Test("a name moves to a newer image, and prune takes the older one with what only it needed")
    func takeOver() throws {
        let fixture = try StoreFixture()
        let old = try fixture.addArtifact("old", names: ["app"])
        let new = try fixture.addArtifact("new", names: ["app"])
        #expect(try fixture.store.resolve("app")?.manifestDigest == new.manifestDigest)
        #expect(try fixture.store.list().map(\.names.count).sorted() == [0, 1])
        let report = try fixture.store.prune()
        #expect(report.images == [old.manifestDigest])
        #expect(report.blobs == 3)
        #expect(!fixture.exists(old.manifestDigest))
        for blob in [new.record.manifest, new.record.configurationBlob] + new.record.layers {
            #expect(fixture.exists(blob.digest))
        }
        let second = try fixture.store.prune()
        #expect(second.images.isEmpty && second.blobs == 0)
    }

    @Test("removing one of two names keeps the image, removing the last one removes it")
    func names() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addArtifact("a", names: ["a:1", "a:2"])
        let first = try fixture.store.remove("a:1")
        #expect(first.names.map(\.familiar) == ["a:1"] && first.image == nil)
        #expect(try fixture.store.resolve(image.manifestDigest.hex) != nil)
        let second = try fixture.store.remove("a:2")
        #expect(second.image == image.manifestDigest)
        #expect(try fixture.store.resolve(image.manifestDigest.hex) == nil)
        #expect(try fixture.names(in: "names").isEmpty)
        #expect(throws: StoreError.self) { try fixture.store.remove("a:2") }
    }

    @Test("removing by id removes all names")
    func byID() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addArtifact("a", names: ["a:1", "b:2"])
        let removal = try fixture.store.remove(image.manifestDigest.short)
        #expect(Set(removal.names.map(\.familiar)) == ["a:1", "b:2"])
        #expect(try fixture.store.list().isEmpty)
    }

    @Test("an image that comes again keeps the names it had")
    func again() throws {
        let fixture = try StoreFixture()
        try fixture.addArtifact("a", names: ["a:1"])
        try fixture.addArtifact("a", names: ["a:2"])
        #expect(try fixture.store.list().map { $0.names.map(\.familiar) } == [["a:1", "a:2"]])
        let one = try FileStatus.of("\(fixture.path)/names/docker.io/library/a/:1")
        let two = try FileStatus.of("\(fixture.path)/names/docker.io/library/a/:2")
        #expect(one.inode == two.inode)
        #expect(try fixture.names(in: "tmp").isEmpty)
    }

    @Test("prune keeps a root that an image needs, and one that is in use")
    func roots() throws {
        let fixture = try StoreFixture()
        let kept = try fixture.addLayered("kept", names: ["kept"])
        let used = try fixture.addLayered("used", names: ["used"])
        let gone = try fixture.addLayered("gone", names: ["gone"])
        do {
            let session = try fixture.store.session()
            for image in [kept, used, gone] { try session.beginRoot(chain(image))?.commit() }
        }
        for name in ["used", "gone"] { _ = try fixture.store.remove(name) }
        do {
            guard let lease = try fixture.store.leaseRoot(chain(used)) else { throw StoreError.notFound("root") }
            #expect(try fixture.store.prune().roots == 1)
            #expect((try? FileStatus.of(lease.path)) != nil)
        }
        #expect(fixture.store.rootPath(chain(kept)) != nil)
        #expect(fixture.store.rootPath(chain(gone)) == nil)
        #expect(try fixture.store.prune().roots == 1)
        #expect(fixture.store.rootPath(chain(used)) == nil)
        if let lease = try fixture.store.leaseRoot(chain(used)) { Issue.record("\(lease.path) is still there") }
    }

    @Test("what can't be removed keeps nothing else", .enabled(if: Processes.effectiveUser == 0))
    func stubborn() throws {
        let fixture = try StoreFixture()
        let folder = "\(fixture.path)/tmp"
        for name in ["a", "b", "c", "d", "e"] { try Files.makeDirectory("\(folder)/\(name)", mode: 0o700) }
        try OwnershipCalls.setOwner("\(folder)/c", in: Files.currentDirectory, user: 1234, group: 1234)
        try Files.makeDirectory("\(folder)/c/inside", mode: 0o700)
        let store = fixture.store
        // Capabilities are a thread's own: without them root is a user like others.
        let thread = try JoinableThread {
            #expect(throws: Never.self) { try Confinement.clearCapabilities() }
            #expect(throws: StoreError.self) { try store.prune() }
        }
        _ = consume thread
        #expect(try fixture.names(in: "tmp") == ["c"])
    }

    @Test("prune waits for nobody: while something is added it says so")
    func busy() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let error = #expect(throws: StoreError.self) { try fixture.store.prune() }
        #expect(error?.description.contains("try again when it has ended") == true)
        withExtendedLifetime(session) {}
    }

    @Test("what a crash left behind is removed, however deep and unreadable it is")
    func unfinished() throws {
        let fixture = try StoreFixture()
        try fixture.addArtifact("a", names: ["a"])
        let deep = "\(fixture.path)/tmp/root-1-x"
        try Files.makeDirectory(deep, mode: 0o700)
        var directory = try Files.open(deep, flags: [.readOnly, .directory])
        for _ in 0..<500 {
            try Files.makeDirectory("d", in: directory.rawValue, mode: 0o700)
            directory = try Files.open("d", in: directory.rawValue, flags: [.readOnly, .directory])
        }
        try Files.makeDirectory("closed", in: directory.rawValue, mode: 0)
        try fixture.write("left", to: "tmp/blob-1-y")
        #expect(try fixture.store.prune().unfinished == 2)
        #expect(try fixture.names(in: "tmp").isEmpty)
        #expect(try fixture.store.resolve("a") != nil)
    }

    @Test("a damaged record is an error for its image alone, and can be removed")
    func damaged() throws {
        let fixture = try StoreFixture()
        let bad = try fixture.addArtifact("bad", names: ["bad"])
        try fixture.addArtifact("good", names: ["good"])
        try fixture.write("{\"format\":1", to: "images/sha256-\(bad.manifestDigest.hex)")
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve("bad") }
        #expect(error?.description.contains("is damaged") == true)
        #expect(try fixture.store.list().map { $0.names.map(\.familiar) } == [["good:latest"]])
        _ = try fixture.store.remove("bad")
        #expect(try fixture.store.resolve("bad") == nil)
        #expect(try fixture.store.prune().images == [bad.manifestDigest])
    }

    @Test("a record of another version is left alone")
    func foreign() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addArtifact("a", names: ["a"])
        try fixture.write("{\"format\":2}", to: "images/sha256-\(image.manifestDigest.hex)")
        for attempt in [
            { _ = try fixture.store.resolve("a") }, { _ = try fixture.store.prune() }, { _ = try fixture.store.list() },
        ] {
            let error = #expect(throws: StoreError.self) { try attempt() }
            #expect(error?.description.contains("another version's format") == true)
        }
        #expect(fixture.exists(image.manifestDigest))
    }

    private func chain(_ image: StoredImage) -> Digest {
        if case .layers(let chainID, _) = image.form { chainID } else { image.manifestDigest }
    }
}
