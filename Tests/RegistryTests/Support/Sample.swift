import Crypto
import JSON
import NIOConcurrencyHelpers
import OCISpec
import Registry

/// A small image and the observers and limits that the tests share.
struct Sample: Sendable {
    let configuration: [UInt8]
    let layers: [[UInt8]]
    let manifest: [UInt8]

    init(
        layers: [[UInt8]] = [Array("first layer".utf8), Sample.bytes(100_000)],
        lies: (inout [Descriptor]) -> Void = { _ in }
    ) {
        configuration = Array(#"{"architecture":"wasm","os":"wasi","config":{"Entrypoint":["/x.wasm"]}}"#.utf8)
        self.layers = layers
        var descriptors = layers.map {
            Descriptor(mediaType: .layerGzip, digest: Sample.digest($0), size: Int64($0.count))
        }
        lies(&descriptors)
        manifest = ImageManifest(
            configuration: Descriptor(
                mediaType: .imageConfiguration, digest: Sample.digest(configuration), size: Int64(configuration.count)),
            layers: descriptors
        ).json.bytes()
    }

    var blobs: [OCISpec.Digest: [UInt8]] {
        Dictionary(([configuration] + layers).map { (Sample.digest($0), $0) }) { first, _ in first }
    }

    static func digest(_ bytes: [UInt8]) -> OCISpec.Digest {
        OCISpec.Digest(.sha256, hash: SHA256.hash(data: bytes)) ?? { fatalError("SHA-256 has 32 bytes") }()
    }

    /// Bytes that are the same in each run and don't repeat soon.
    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
    }

    /// What an honest registry answers.
    func answer(_ request: FakeRegistry.Request) -> [FakeRegistry.Step] {
        if request.path.contains("/manifests/") {
            return FakeRegistry.reply(200, [("Content-Type", MediaType.imageManifest.rawValue)], manifest)
        }
        guard let digest = try? Digest(parsing: String(request.path.split(separator: "/").last ?? "")),
            let blob = blobs[digest]
        else { return FakeRegistry.reply(404, [], Array(#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#.utf8)) }
        if let range = request["range"], let start = Int(range.dropFirst("bytes=".count).dropLast()), start < blob.count
        {
            return FakeRegistry.reply(
                206, [("Content-Range", "bytes \(start)-\(blob.count - 1)/\(blob.count)")], Array(blob[start...]))
        }
        return FakeRegistry.reply(200, [], blob)
    }
}

/// Remembers what it was told.
final class Recorder: TransferObserver {
    private let log = NIOLockedValueBox<[TransferEvent]>([])
    var events: [TransferEvent] { log.withLockedValue { $0 } }
    func observe(_ event: TransferEvent) { log.withLockedValue { $0.append(event) } }
}

extension RegistryConfiguration {
    /// For servers on this machine: plain http, and no test waits longer than it must.
    static func test(_ change: (inout RegistryConfiguration) -> Void = { _ in }) -> RegistryConfiguration {
        var configuration = RegistryConfiguration(plainHTTP: PlainHTTPPolicy(loopback: true), certificateFolders: [])
        configuration.limits.firstDelay = .milliseconds(5)
        configuration.limits.longestDelay = .milliseconds(20)
        configuration.limits.silence = .seconds(1)
        configuration.limits.answerTimeout = .seconds(2)
        configuration.limits.connectTimeout = .seconds(2)
        configuration.limits.slowestWindow = .milliseconds(300)
        configuration.limits.slowestBytes = 1_000
        change(&configuration)
        return configuration
    }
}

extension FakeRegistry {
    /// Pulls `app:1` from this server.
    func pull(
        _ configuration: RegistryConfiguration = .test(), into destination: MemoryDestination = MemoryDestination(),
        tag: String = ":1", platform: PlatformChoice = .standard, observer: any TransferObserver = SilentObserver()
    ) async throws -> (image: PulledImage, blobs: [OCISpec.Digest: [UInt8]]) {
        let reference = try ImageReference(parsing: "\(host)/app\(tag)")
        let image = try await RegistryClient.with(reference, configuration) { client throws(RegistryError) in
            try await client.pull(platform: platform, into: destination, observer: observer)
        }
        return (image, destination.blobs)
    }
}

/// The `RegistryError` that the body ends with.
func failure(_ body: () async throws -> some Any) async -> RegistryError? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? RegistryError }
}
