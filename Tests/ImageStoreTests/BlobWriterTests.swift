import ImageStore
import OCISpec
import SystemCalls
import Testing

@Suite("Writing blobs")
struct BlobWriterTests {
    private let content = Array("some content".utf8)

    @Test("a blob has its name only when size and digest are right")
    func good() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let digest = FakeHash.digest(of: content)
        let writer = try session.beginBlob(digest, size: Int64(content.count), hash: FakeHash())
        try writer.write(Array(content.prefix(5)))
        #expect(!fixture.exists(digest))
        try writer.write(Array(content.dropFirst(5)))
        try writer.commit()
        #expect(try fixture.store.readContent(digest, limit: 100) == content)
        #expect(try fixture.names(in: "tmp").isEmpty)
    }

    @Test("another digest, a byte too many and a byte too few are refused and leave nothing")
    func bad() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let digest = FakeHash.digest(of: content)
        let other = FakeHash.digest(of: [1])
        for (digest, size, problem) in [
            (other, 12, "its digest is"), (digest, 11, "longer than 11 bytes"), (digest, 13, "12 bytes instead of 13"),
        ] as [(Digest, Int64, String)] {
            let error = #expect(throws: StoreError.self) {
                let writer = try session.beginBlob(digest, size: size, hash: FakeHash())
                try writer.write(content)
                try writer.commit()
            }
            #expect(error?.description.contains(problem) == true)
        }
        #expect(try fixture.names(in: "tmp").isEmpty)
        #expect(try fixture.names(in: "blobs/sha256").isEmpty)
    }

    @Test("a download that broke off goes on where it stopped, and its first part is checked too")
    func resumed() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let digest = FakeHash.digest(of: content)
        func begin() throws -> BlobWriter {
            try session.beginBlob(digest, size: Int64(content.count), hash: FakeHash(), resuming: true)
        }
        do { try begin().write(Array(content.prefix(7))) }
        do {
            let writer = try begin()
            #expect(writer.written == 7)
            try writer.write(Array(content.dropFirst(7)))
            try writer.commit()
        }
        #expect(try fixture.store.readContent(digest, limit: 100) == content)
    }

    @Test("a resumed download whose first part was wrong is dropped and can begin anew")
    func resumedWrong() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let digest = FakeHash.digest(of: content)
        do { try session.beginBlob(digest, size: 12, hash: FakeHash(), resuming: true).write([0, 0]) }
        let writer = try session.beginBlob(digest, size: 12, hash: FakeHash(), resuming: true)
        try writer.write(Array(content.dropFirst(2)))
        #expect(throws: StoreError.self) { try writer.commit() }
        #expect(writer.written == 0)
        try writer.write(content)
        try writer.commit()
        #expect(fixture.exists(digest))
    }

    @Test("two writers of one blob don't disturb each other")
    func concurrent() throws {
        let fixture = try StoreFixture()
        let session = try fixture.store.session()
        let digest = FakeHash.digest(of: content)
        let writers = try (0..<3).map { _ in try session.beginBlob(digest, size: 12, hash: FakeHash(), resuming: true) }
        for part in [content[..<4], content[4...]] {
            for writer in writers { try writer.write(Array(part)) }
        }
        for writer in writers { try writer.commit() }
        #expect(try fixture.store.readContent(digest, limit: 100) == content)
        #expect(try fixture.names(in: "tmp").isEmpty)
    }

    @Test("an image whose blobs aren't all there can't be named")
    func incomplete() throws {
        let fixture = try StoreFixture()
        let image = try fixture.addArtifact("a", names: ["a"])
        try Files.unlink(fixture.store.contentPath(image.record.layers[0].digest))
        let session = try fixture.store.session()
        let name = try ImageReference(parsing: "b")
        #expect(throws: StoreError.self) { try session.commit(image.record, names: [name]) }
        #expect(try fixture.store.resolve("b") == nil)
    }
}
