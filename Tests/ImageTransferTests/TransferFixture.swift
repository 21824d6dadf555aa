import Archive
import ContentHashing
import ImageStore
import ImageTransfer
import JSON
import OCISpec
import SystemCalls
import Testing

/// A directory for one test, with a store in it.
final class TransferFixture {
    let path: String
    let store: ImageStore

    init() throws {
        path = "/tmp/martlet-transfer-\(Processes.current)-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectory(path, mode: 0o755)
        store = try ImageStore.open(root: "\(path)/store")
    }

    deinit { try? TreeRemoval.remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws -> String {
        var parent = path
        for part in name.split(separator: "/").dropLast() {
            parent += "/\(part)"
            if (try? FileStatus.of(parent)) == nil { try Files.makeDirectory(parent, mode: 0o755) }
        }
        let file = try Files.open(file(name), flags: [.writeOnly, .create, .truncate], mode: mode)
        try Files.writeAll(file.rawValue, bytes)
        return self.file(name)
    }

    func read(_ name: String) throws -> [UInt8] { try Files.contents(of: file(name), limit: 64 << 20) }

    func names(in directory: String) throws -> [String] {
        try Files.names(inDirectory: file(directory), limit: 1000).sorted()
    }

    /// Imports whatever lies at a path of this directory.
    @discardableResult
    func importing(_ name: String, _ change: (inout ImageImport) throws -> Void = { _ in }) throws -> [StoredImage] {
        var work = ImageImport()
        try change(&work)
        let source = try #require(try ImageSource.detect(file(name)))
        return try work.run(source, into: store)
    }

    /// Builds an image from the sample module into the store.
    @discardableResult
    func build(_ name: String, _ change: (inout BuildRequest) -> Void = { _ in }) throws -> StoredImage {
        var request = BuildRequest(source: .file(path: try write("hello.wasm", SampleModule.bytes)))
        change(&request)
        return try ImageBuild(request).run(into: store, name: try ImageReference(parsing: name))
    }

    func export(_ image: StoredImage, _ name: String, _ format: ImageExport.Format) throws {
        var export = ImageExport()
        export.format = format
        try export.run(image, from: store, to: file(name))
    }

    /// A tar archive of some entries.
    func archive(_ name: String, _ items: [ArchiveItem], _ compression: Compression = .none) throws {
        let file = try Files.open(file(name), flags: [.writeOnly, .create, .truncate], mode: 0o644)
        let writer = try ArchiveWriter(to: DescriptorSink(file), compression: compression)
        for item in items {
            try writer.add(item.entry)
            try writer.write(item.bytes.span.bytes)
        }
        _ = try writer.finish()
    }

    /// Nothing of a refused image is in the store but blobs that `prune` takes.
    func expectNoImage() throws {
        #expect(try store.list().isEmpty)
        #expect(try Files.names(inDirectory: "\(store.root)/tmp", limit: 100).isEmpty)
        #expect(try Files.names(inDirectory: "\(store.root)/roots", limit: 100).isEmpty)
    }
}

/// `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (func (export "_start")))`
enum SampleModule {
    static let bytes: [UInt8] =
        [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 8, 2, 0x60, 1, 0x7F, 0, 0x60, 0, 0, 2, 0x24, 1, 0x16]
        + Array("wasi_snapshot_preview1".utf8) + [9] + Array("proc_exit".utf8) + [0, 0, 3, 2, 1, 1, 7, 0x0A, 1, 6]
        + Array("_start".utf8) + [0, 1, 0x0A, 4, 1, 2, 0, 0x0B]

    /// An empty component.
    static let component: [UInt8] = [0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0]
}

/// An entry of an archive that a test makes, with its content.
struct ArchiveItem {
    let entry: ArchiveEntry
    var bytes: [UInt8] = []

    static func file(_ path: String, _ bytes: [UInt8]) -> ArchiveItem {
        ArchiveItem(
            entry: ArchiveEntry(path: Array(path.utf8), kind: .regular, permissions: 0o644, size: UInt64(bytes.count)),
            bytes: bytes)
    }

    static func link(_ path: String, to target: String) -> ArchiveItem {
        ArchiveItem(
            entry: ArchiveEntry(
                path: Array(path.utf8), kind: .symbolicLink(target: Array(target.utf8)), permissions: 0o777))
    }

    static func hardLink(_ path: String, to target: String) -> ArchiveItem {
        ArchiveItem(
            entry: ArchiveEntry(path: Array(path.utf8), kind: .hardLink(target: Array(target.utf8)), permissions: 0o644)
        )
    }
}

/// An image layout that a test writes by hand, wrong where it wants to be.
final class HandmadeLayout {
    let fixture: TransferFixture
    let name: String

    init(_ fixture: TransferFixture, _ name: String = "layout") throws {
        self.fixture = fixture
        self.name = name
        try fixture.write("\(name)/oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try fixture.write("\(name)/blobs/sha256/.keep", [])
    }

    func blob(
        _ bytes: [UInt8], _ type: MediaType, _ algorithm: Digest.Algorithm = .sha256
    ) throws -> Descriptor {
        let digest = Digest.of(bytes, algorithm)
        try fixture.write("\(name)/\(ImageLayout.path(of: digest))", bytes)
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    func blob(_ json: JSONValue, _ type: MediaType) throws -> Descriptor { try blob(json.bytes(), type) }

    /// A whole artifact image: its manifest's descriptor.
    func artifact(
        platform: Platform = Platform(os: "wasip1", architecture: "wasm"), module: [UInt8] = SampleModule.bytes,
        change: (inout ImageManifest) -> Void = { _ in }
    ) throws -> Descriptor {
        let layer = try blob(module, .wasm)
        let configuration = WasmConfiguration(platform: platform, layerDigests: [layer.digest])
        var manifest = ImageManifest(
            configuration: try blob(configuration.json, .wasmConfiguration), layers: [layer])
        change(&manifest)
        return try blob(manifest.json, .imageManifest)
    }

    func index(_ manifests: [Descriptor]) throws {
        try fixture.write("\(name)/index.json", ImageIndex(manifests: manifests).json.bytes())
    }

    func index(text: String) throws { try fixture.write("\(name)/index.json", Array(text.utf8)) }
}
