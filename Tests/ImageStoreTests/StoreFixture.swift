import ImageStore
import OCISpec
import SystemCalls
import Testing

/// A store in a directory of its own, which goes with the fixture.
final class StoreFixture {
    let path: String
    let store: ImageStore

    init() throws {
        path = "/tmp/martlet-store-\(Processes.current)-\(UInt64.random(in: .min ... .max))"
        store = try ImageStore.open(root: path)
    }

    deinit { try? TreeRemoval.remove(path) }

    /// Adds an artifact whose blobs depend on the seed, and returns it.
    @discardableResult
    func addArtifact(
        _ seed: String, names: [String], platform: Platform = Platform(os: "wasi", architecture: "wasm"),
        manifest digest: Digest? = nil
    ) throws -> StoredImage {
        let session = try store.session()
        let module = try add("\0asm module \(seed)", "application/wasm", session)
        let record = ImageRecord(
            manifest: try add("manifest \(seed)", MediaType.imageManifest.rawValue, session, as: digest),
            configurationBlob: try add("config \(seed)", MediaType.wasmConfiguration.rawValue, session),
            configuration: ImageConfiguration(platform: platform), layers: [module], form: .artifact(module: module),
            imported: 1)
        return try session.commit(record, names: try names.map { name in try ImageReference(parsing: name) })
    }

    /// Adds an image with one layer.
    @discardableResult
    func addLayered(_ seed: String, names: [String]) throws -> StoredImage {
        let session = try store.session()
        let layer = try add("layer \(seed)", MediaType.layer.rawValue, session)
        var configuration = ImageConfiguration(platform: Platform(os: "wasi", architecture: "wasm"))
        configuration.entrypoint = ["/a.wasm"]
        configuration.diffIDs = [layer.digest]
        let record = ImageRecord(
            manifest: try add("manifest \(seed)", MediaType.imageManifest.rawValue, session),
            configurationBlob: try add("config \(seed)", MediaType.imageConfiguration.rawValue, session),
            configuration: configuration, layers: [layer], form: .layers(chainID: layer.digest), imported: 2)
        return try session.commit(record, names: try names.map { name in try ImageReference(parsing: name) })
    }

    private func add(
        _ text: String, _ type: String, _ session: StoreSession, as fixed: Digest? = nil
    ) throws -> Descriptor {
        let bytes = Array(text.utf8)
        let digest = fixed ?? FakeHash.digest(of: bytes)
        try session.writeBlob(bytes, digest: digest, hash: FakeHash(fixed))
        return Descriptor(mediaType: MediaType(type), digest: digest, size: Int64(bytes.count))
    }

    /// Overwrites a file of the store.
    func write(_ text: String, to name: String) throws {
        let file = try Files.open("\(path)/\(name)", flags: [.writeOnly, .create, .truncate], mode: 0o600)
        try Files.writeAll(file.rawValue, Array(text.utf8))
    }

    func names(in directory: String) throws -> [String] {
        try Files.names(inDirectory: "\(path)/\(directory)", limit: 1000).sorted()
    }

    func exists(_ digest: Digest) -> Bool { store.hasContent(digest) }
}

/// A hash for tests: the store hashes nothing itself, so any function will do.
final class FakeHash: ContentHash {
    private var state: [UInt64] = [1, 2, 3, 4]
    private let fixed: Digest?

    /// With a digest: the hash that finds that one, whatever the content.
    init(_ fixed: Digest? = nil) { self.fixed = fixed }

    func update(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            for index in state.indices {
                state[index] = (state[index] ^ UInt64(byte)) &* 0x100_0000_01B3 &+ UInt64(index)
            }
        }
    }

    func reset() { state = [1, 2, 3, 4] }

    func digest() -> Digest {
        if let fixed { return fixed }
        let words = state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        return Digest(.sha256, computed: words)
    }

    static func digest(of bytes: [UInt8]) -> Digest {
        let hash = FakeHash()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.digest()
    }
}
