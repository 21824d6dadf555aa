import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Images on their way in")
struct StagedImageTests {
    /// The record of an image whose blobs are in the store, while the store has no such image.
    private func incoming(_ fixture: StoreFixture) throws -> ImageRecord {
        let image = try fixture.addArtifact("new", names: ["new"])
        _ = try fixture.store.remove("new")
        return image.record
    }

    @Test("a staged image takes its name over when it is committed, not before")
    func commit() throws {
        let fixture = try StoreFixture()
        let record = try incoming(fixture)
        let old = try fixture.addArtifact("old", names: ["app"])
        let session = try fixture.store.session()
        let staged = try session.stage(record, names: [try ImageReference(parsing: "app")])
        #expect(try fixture.store.image(record.manifest.digest)?.record == record)
        #expect(try fixture.store.resolve("app")?.manifestDigest == old.manifestDigest)
        try staged.commit()
        #expect(try fixture.store.resolve("app")?.record == record)
    }

    @Test("a withdrawn image leaves the store as it was")
    func withdraw() throws {
        let fixture = try StoreFixture()
        let record = try incoming(fixture)
        let old = try fixture.addArtifact("old", names: ["app"])
        let before = try fixture.store.list()
        let session = try fixture.store.session()
        let staged = try session.stage(record, names: [try ImageReference(parsing: "app")])
        try staged.withdraw()
        #expect(try fixture.store.list() == before)
        #expect(try fixture.store.resolve("app")?.manifestDigest == old.manifestDigest)
        #expect(try fixture.names(in: "tmp").isEmpty)
    }

    @Test("withdrawing takes no image away that was there before or was named meanwhile")
    func withdrawKnown() throws {
        let fixture = try StoreFixture()
        let record = try incoming(fixture)
        let old = try fixture.addArtifact("old", names: ["app"])
        let session = try fixture.store.session()
        try session.stage(old.record, names: []).withdraw()
        #expect(try fixture.store.resolve("app")?.manifestDigest == old.manifestDigest)
        let staged = try session.stage(record, names: [])
        try session.commit(record, names: [try ImageReference(parsing: "other")])
        try staged.withdraw()
        #expect(try fixture.store.list().count == 2)
    }

    @Test("damaged records are listed once each, by a name if they have one")
    func damaged() throws {
        let fixture = try StoreFixture()
        let named = try fixture.addArtifact("a", names: ["a:1", "a:2"])
        try fixture.addArtifact("b", names: ["b:1"])
        #expect(try fixture.store.damagedRecords().isEmpty)
        try fixture.write("", to: "images/sha256-\(named.manifestDigest.hex)")
        let damaged = try fixture.store.damagedRecords()
        #expect(damaged.count == 1)
        #expect(damaged.first?.description.contains("names/docker.io/library/a/:") == true, "\(damaged)")
        #expect(try fixture.store.list().count == 1)
    }
}
