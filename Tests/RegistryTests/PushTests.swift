import JSON
import NIOConcurrencyHelpers
import OCISpec
import Registry
import Testing

/// A registry in memory that keeps uploads as the specification has them, and breaks where a test wants it to.
private final class UploadServer: Sendable {
    struct State {
        var uploads: [String: [UInt8]] = [:]
        var blobs: [String: [UInt8]] = [:]
        var manifests: [String: [UInt8]] = [:]
        var count = 0
    }

    let state = NIOLockedValueBox(State())
    /// Looks at a request first; nil lets the server answer.
    let interfere: @Sendable (FakeRegistry.Request, inout State) -> [FakeRegistry.Step]?

    init(_ interfere: @escaping @Sendable (FakeRegistry.Request, inout State) -> [FakeRegistry.Step]? = { _, _ in nil })
    {
        self.interfere = interfere
    }

    func answer(_ request: FakeRegistry.Request) -> [FakeRegistry.Step] {
        state.withLockedValue { state in interfere(request, &state) ?? Self.honest(request, &state) }
    }

    static func honest(_ request: FakeRegistry.Request, _ state: inout State) -> [FakeRegistry.Step] {
        let name = String(request.path.split(separator: "/").last ?? "")
        switch (request.method, request.path.contains("/uploads/"), request.path.contains("/manifests/")) {
        case ("HEAD", false, false):
            guard let blob = state.blobs[name] else { return [.text("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n")] }
            return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n")]
        case ("POST", true, _):
            state.count += 1
            state.uploads["\(state.count)"] = []
            return accepted("\(state.count)", 0)
        case ("PATCH", true, _):
            guard let start = request["content-range"]?.split(separator: "-").first.flatMap({ Int($0) }),
                start == state.uploads[name]?.count
            else { return FakeRegistry.reply(416) }
            state.uploads[name, default: []] += request.body
            return accepted(name, state.uploads[name]?.count ?? 0)
        case ("GET", true, _):
            guard let upload = state.uploads[name] else { return FakeRegistry.reply(404) }
            return FakeRegistry.reply(
                204, [("Location", "/v2/app/blobs/uploads/\(name)"), ("Range", "0-\(max(upload.count - 1, 0))")])
        case ("PUT", true, _):
            guard let upload = state.uploads.removeValue(forKey: name) else { return FakeRegistry.reply(404) }
            let bytes = upload + request.body
            state.blobs[Sample.digest(bytes).description] = bytes
            return FakeRegistry.reply(201, [("Location", "/v2/app/blobs/x")])
        case ("PUT", _, true):
            state.manifests[name] = request.body
            return FakeRegistry.reply(201)
        default: return FakeRegistry.reply(404)
        }
    }

    private static func accepted(_ name: String, _ count: Int) -> [FakeRegistry.Step] {
        FakeRegistry.reply(202, [("Location", "/v2/app/blobs/uploads/\(name)"), ("Range", "0-\(max(count - 1, 0))")])
    }
}

@Suite("Pushing", .serialized, .timeLimit(.minutes(1)))
struct PushTests {
    private let sample = Sample(layers: [Sample.bytes(40_000)])

    private func push(
        to server: UploadServer, _ change: @escaping (inout RegistryConfiguration) -> Void = { _ in }
    ) async throws -> (error: RegistryError?, requests: [FakeRegistry.Request]) {
        let manifest = try ImageManifest(json: JSONNode(reading: sample.manifest))
        let image = OutgoingImage(manifests: [
            .init(bytes: sample.manifest, type: .imageManifest, blobs: [manifest.configuration] + manifest.layers)
        ])
        let blobs = sample.blobs
        return try await FakeRegistry.serving({ server.answer($0) }) { fake in
            let reference = try ImageReference(parsing: "\(fake.host)/app:1")
            let configuration = RegistryConfiguration.test {
                $0.limits.uploadChunkBytes = 10_000
                change(&$0)
            }
            let error = await failure {
                try await RegistryClient.with(reference, configuration) { client throws(RegistryError) in
                    try await client.push(image) { MemorySource(bytes: blobs[$0.digest] ?? []) }
                }
            }
            return (error, fake.requests)
        }
    }

    private func holdsEverything(_ server: UploadServer) -> Bool {
        let state = server.state.withLockedValue { $0 }
        return Set(state.blobs.keys) == Set(sample.blobs.keys.map(\.description))
            && state.manifests["1"] == sample.manifest
    }

    @Test func blobsGoFirstAndTheManifestLast() async throws {
        let server = UploadServer()
        let (error, requests) = try await push(to: server)
        #expect(error == nil)
        #expect(holdsEverything(server))
        #expect(requests.last?.method == "PUT" && requests.last?.path == "/v2/app/manifests/1")
        #expect(requests.last?["content-type"] == MediaType.imageManifest.rawValue)
        #expect(requests.count { $0.method == "PATCH" } == 3)
    }

    @Test func aBrokenChunkIsContinuedWhereTheRegistryStands() async throws {
        let broken = NIOLockedValueBox(false)
        let server = UploadServer { request, state in
            guard request.method == "PATCH", request["content-range"]?.hasPrefix("10000-") == true,
                !broken.withLockedValue({ $0 })
            else { return nil }
            broken.withLockedValue { $0 = true }
            // A part arrived before the connection broke.
            state.uploads[String(request.path.split(separator: "/").last ?? ""), default: []] += request.body.prefix(
                4_000)
            return [.close]
        }
        let (error, requests) = try await push(to: server)
        #expect(error == nil)
        #expect(holdsEverything(server))
        #expect(requests.contains { $0["content-range"]?.hasPrefix("14000-") == true })
    }

    @Test func aRegistryThatLostItsPlaceIsAskedForIt() async throws {
        let once = NIOLockedValueBox(false)
        let server = UploadServer { request, _ in
            guard request.method == "PATCH", !once.withLockedValue({ $0 }) else { return nil }
            once.withLockedValue { $0 = true }
            return FakeRegistry.reply(416)
        }
        let (error, _) = try await push(to: server)
        #expect(error == nil)
        #expect(holdsEverything(server))
    }

    @Test func aLostUploadIsBegunAnew() async throws {
        let once = NIOLockedValueBox(false)
        let server = UploadServer { request, state in
            guard request.method == "PUT", request.path.contains("/uploads/"), !once.withLockedValue({ $0 }) else {
                return nil
            }
            once.withLockedValue { $0 = true }
            state.uploads = [:]
            return FakeRegistry.reply(404)
        }
        let (error, _) = try await push(to: server)
        #expect(error == nil)
        #expect(holdsEverything(server))
    }

    @Test func anUploadThatNeverMovesEnds() async throws {
        let server = UploadServer { request, _ in request.method == "PATCH" ? FakeRegistry.reply(416) : nil }
        let (error, requests) = try await push(to: server)
        #expect(error?.code == .status(416))
        #expect(requests.count < 200)
    }

    @Test(arguments: [nil, "", "http://registry.example.com/up", "ftp://x/", "http://me:x@127.0.0.1/"])
    func anUploadIsLedNowhereElse(_ location: String?) async throws {
        let server = UploadServer { request, _ in
            request.method == "POST" ? FakeRegistry.reply(202, location.map { [("Location", $0)] } ?? []) : nil
        }
        let (error, _) = try await push(to: server)
        #expect([.malformed, .notPermitted].contains(error?.code))
    }

    @Test func aMinimumChunkOfAbsurdSizeIsRefused() async throws {
        let server = UploadServer { request, _ in
            request.method == "POST"
                ? FakeRegistry.reply(202, [("Location", "/x"), ("OCI-Chunk-Min-Length", "9000000000000000000")]) : nil
        }
        #expect(try await push(to: server).error?.code == .malformed)
    }

    @Test func aRegistryThatStoresOtherBytesIsNoticed() async throws {
        let server = UploadServer { request, _ in
            request.path.contains("/manifests/")
                ? FakeRegistry.reply(201, [("Docker-Content-Digest", Sample.digest([9]).description)]) : nil
        }
        #expect(try await push(to: server).error?.code == .digestMismatch)
    }

    @Test func aRefusedUploadIsCancelledAndSaysWhy() async throws {
        let server = UploadServer { request, _ in
            request.method == "PATCH"
                ? FakeRegistry.reply(403, [], Array(#"{"errors":[{"code":"DENIED","message":"quota"}]}"#.utf8)) : nil
        }
        let (error, requests) = try await push(to: server)
        #expect(error?.code == .denied && error?.detail.contains("quota") == true)
        #expect(requests.contains { $0.method == "DELETE" })
    }

    @Test func credentialsDontFollowAnUploadToAnotherHost() async throws {
        let elsewhere = UploadServer()
        try await FakeRegistry.serving({ elsewhere.answer($0) }) { storage in
            let place = "http://\(storage.host)/v2/app/blobs/uploads/7"
            elsewhere.state.withLockedValue { $0.uploads["7"] = [] }
            let server = UploadServer { request, _ in
                guard request["authorization"] != nil else {
                    return FakeRegistry.reply(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
                }
                return request.method == "POST" ? FakeRegistry.reply(202, [("Location", place)]) : nil
            }
            _ = try await push(to: server) {
                $0.credentials = CredentialSource(.password(user: "me", secret: "secret"))
                $0.limits.uploadChunkBytes = 1 << 20
                $0.limits.parallelBlobs = 1
            }
            #expect(!storage.requests.isEmpty)
            #expect(storage.requests.allSatisfy { $0["authorization"] == nil })
        }
    }
}
