import Archive
import ImageStore
import ImageTransfer
import OCISpec
import SystemCalls
import Testing

/// A blob of the store that changed on disk without changing its size.
@Suite("Damaged blobs")
struct DamagedBlobTests {
    private func damage(_ blob: Descriptor, in fixture: TransferFixture) throws {
        var bytes = try Files.contents(of: fixture.store.contentPath(blob.digest), limit: 1 << 20)
        bytes[bytes.count / 2] ^= 0xFF
        try fixture.write("store/blobs/sha256/\(blob.digest.hex)", bytes)
    }

    @Test(
        "an import heals a damaged blob",
        arguments: [("dir", .layout), ("a.tar", .archive(.none)), ("d.tar", .docker)]
            as [(String, ImageExport.Format)])
    func healed(name: String, format: ImageExport.Format) throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a")
        try fixture.export(image, name, format)
        let again = try fixture.importing(name)[0]
        for blob in [again.record.manifest, again.record.configurationBlob] + again.record.layers {
            try damage(blob, in: fixture)
            #expect(!fixture.store.hasIntactContent(blob))
            try fixture.importing(name)
            #expect(fixture.store.hasIntactContent(blob))
        }
        #expect(throws: Never.self) { try ImageUnpack().run(again, in: fixture.store) }
    }

    @Test(
        "a damaged blob isn't handed out",
        arguments: [.layout, .archive(.none), .archive(.gzip), .docker]
            as [ImageExport.Format])
    func export(format: ImageExport.Format) throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a")
        let layer = image.record.layers[0]
        try damage(layer, in: fixture)
        let error = #expect(throws: TransferError.self) { try fixture.export(image, "out", format) }
        #expect(error?.kind == .mismatch)
        #expect(error?.subject == "blob \(layer.digest)")
        #expect(try fixture.names(in: "").contains { $0.hasPrefix("out") } == false)
    }

    @Test("a blob that was cut short isn't handed out")
    func truncated() throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a")
        try fixture.write("store/blobs/sha256/\(image.record.layers[0].digest.hex)", [1, 2])
        let error = #expect(throws: TransferError.self) { try fixture.export(image, "out.tar", .archive(.none)) }
        #expect(error?.kind == .mismatch)
    }

    @Test("unpacking blames the store's blob, not the image", arguments: [Compression.none, .gzip])
    func unpacking(compression: Compression) throws {
        let fixture = try TransferFixture()
        let image = try fixture.build("a") { $0.compression = compression }
        let layer = image.record.layers[0]
        try damage(layer, in: fixture)
        let error = #expect(throws: TransferError.self) { try ImageUnpack().run(image, in: fixture.store) }
        #expect(
            error?.description.hasPrefix("blob \(layer.digest): is damaged in the store") == true,
            "\(String(describing: error))")
    }
}
