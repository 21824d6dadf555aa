import JSON
import NIOConcurrencyHelpers
import NIOCore
import OCISpec
import Registry
import Testing

@Suite("Pulling", .serialized, .timeLimit(.minutes(1)))
struct PullTests {
    private let sample = Sample()

    /// An index over images that differ in one label, and the answers of a registry that has them.
    private func index(
        _ platforms: [Platform?]
    ) -> (answer: @Sendable (FakeRegistry.Request) -> [FakeRegistry.Step], digests: [OCISpec.Digest]) {
        var documents: [String: [UInt8]] = [:]
        var entries: [Descriptor] = []
        for (number, platform) in platforms.enumerated() {
            let bytes = Sample(layers: [[UInt8(number)]]).manifest
            documents[Sample.digest(bytes).description] = bytes
            entries.append(
                Descriptor(
                    mediaType: .imageManifest, digest: Sample.digest(bytes), size: Int64(bytes.count),
                    platform: platform))
        }
        let top = ImageIndex(manifests: entries).json.bytes()
        documents["1"] = top
        let blobs = platforms.indices.map { Sample(layers: [[UInt8($0)]]) }
        return (
            { [documents] request in
                let name = String(request.path.split(separator: "/").last ?? "")
                if let document = documents[name] { return FakeRegistry.reply(200, [], document) }
                return blobs.lazy.map { $0.answer(request) }.first { answer in
                    guard case .bytes(let bytes) = answer[0] else { return false }
                    return !bytes.starts(with: "HTTP/1.1 404".utf8)
                } ?? FakeRegistry.reply(404)
            }, entries.map(\.digest)
        )
    }

    @Test func everyBlobOfAnImageArrives() async throws {
        let recorder = Recorder()
        try await FakeRegistry.serving(sample.answer) { server in
            let (image, blobs) = try await server.pull(observer: recorder)
            #expect(blobs.count == 3 && blobs == sample.blobs)
            #expect(image.manifestDocument.bytes == sample.manifest)
            #expect(image.indexes.isEmpty)
            #expect(image.top == image.manifestDocument)
        }
        let finished = recorder.events.compactMap { if case .finished(let digest) = $0 { digest } else { nil } }
        #expect(Set(finished) == Set(sample.blobs.keys))
        #expect(recorder.events.first == .manifest(Sample.digest(sample.manifest)))
    }

    @Test func whatIsThereIsNotFetchedAgain() async throws {
        let destination = MemoryDestination()
        try await FakeRegistry.serving(sample.answer) { server in
            _ = try await server.pull(into: destination)
            let before = server.requests.count
            let recorder = Recorder()
            _ = try await server.pull(into: destination, observer: recorder)
            #expect(server.requests.count == before + 1)
            #expect(recorder.events.filter { if case .present = $0 { true } else { false } }.count == 3)
        }
    }

    @Test func aBlobThatIsTwiceInAnImageIsFetchedOnce() async throws {
        let layer = Sample.bytes(1000)
        let sample = Sample(layers: [layer, layer, layer])
        try await FakeRegistry.serving(sample.answer) { server in
            _ = try await server.pull()
            #expect(server.requests.count { $0.path.contains("/blobs/") } == 2)
        }
    }

    @Test func webAssemblyIsPreferredInAnIndex() async throws {
        let (answer, digests) = index([.host, Platform(os: "wasi", architecture: "wasm"), nil])
        try await FakeRegistry.serving(answer) { server in
            let (image, _) = try await server.pull()
            #expect(image.manifestDocument.descriptor.digest == digests[1])
            #expect(image.indexes.count == 1)
            #expect(image.platform == Platform(os: "wasi", architecture: "wasm"))
        }
    }

    @Test func aPlatformIsChosenByName() async throws {
        let (answer, digests) = index([.host, Platform(os: "linux", architecture: "s390x")])
        try await FakeRegistry.serving(answer) { server in
            let (image, _) = try await server.pull(platform: try PlatformChoice(parsing: "linux/s390x"))
            #expect(image.manifestDocument.descriptor.digest == digests[1])
        }
    }

    @Test func aMissingPlatformIsAnErrorThatListsWhatThereIs() async throws {
        let (answer, _) = index([
            Platform(os: "linux", architecture: "s390x"), Platform(os: "windows", architecture: "amd64"),
        ])
        try await FakeRegistry.serving(answer) { server in
            let error = await failure { try await server.pull() }
            #expect(error?.code == .noMatchingPlatform)
            #expect(error?.detail.contains("linux/s390x, windows/amd64") == true)
        }
    }

    @Test func aDigestIsPulledByDigest() async throws {
        try await FakeRegistry.serving(sample.answer) { server in
            let digest = Sample.digest(sample.manifest)
            _ = try await server.pull(tag: ":1@\(digest)")
            #expect(server.requests[0].path == "/v2/app/manifests/\(digest)")
        }
    }

    @Test func theManifestTypesThatAreReadAreAskedFor() async throws {
        try await FakeRegistry.serving(sample.answer) { server in
            _ = try await server.pull()
            let accept = server.requests[0]["accept"] ?? ""
            #expect(accept.contains("vnd.oci.image.index.v1+json") && accept.contains("distribution.manifest.v2+json"))
        }
    }

    @Test(arguments: [(401, RegistryError.Code.unauthorized), (403, .denied), (404, .notFound), (418, .status(418))])
    func aRefusalIsOneLineWithTheRegistrysWords(_ status: Int, _ code: RegistryError.Code) async throws {
        let error = try await FakeRegistry.serving { _ in
            FakeRegistry.reply(status, [], Array(#"{"errors":[{"code":"SOME_CODE","message":"because"}]}"#.utf8))
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == code)
        #expect(error?.description.contains("some code: because") == true)
        #expect(error?.description.contains("(\(status))") == true)
    }

    @Test(arguments: [429, 500, 502, 503, 504])
    func anAnswerThatPassesIsTriedAgain(_ status: Int) async throws {
        let count = NIOLockedValueBox(0)
        try await FakeRegistry.serving { request in
            count.withLockedValue {
                $0 += 1; return $0
            } <= 2
                ? FakeRegistry.reply(status, [("Retry-After", "0")]) : sample.answer(request)
        } _: { server in
            let (_, blobs) = try await server.pull()
            #expect(blobs == sample.blobs)
        }
    }

    @Test func tooManyRequestsWithALongWaitEndAtOnce() async throws {
        let start = ContinuousClock.now
        try await FakeRegistry.serving { _ in
            FakeRegistry.reply(429, [("Retry-After", "3600")])
        } _: { server in
            let error = await failure { try await server.pull() }
            #expect(error?.code == .tooManyRequests)
            #expect(error?.advice == "try again in 3600 s")
            #expect(server.requests.count == 1)
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func aServerThatIsNotThereIsNamed() async throws {
        let port = try await FakeRegistry.serving { _ in
            []
        } _: {
            $0.port
        }
        let reference = try ImageReference(parsing: "127.0.0.1:\(port)/app")
        let error = await failure {
            try await RegistryClient.with(reference, .test { $0.limits.attempts = 1 }) { client throws(RegistryError) in
                try await client.currentDigest()
            }
        }
        #expect(error?.code == .connection || error?.code == .timedOut)
        #expect(error?.description.contains("127.0.0.1:\(port)") == true)
    }

    @Test func withoutPermissionNoPlainHTTPIsSpoken() async throws {
        try await FakeRegistry.serving(sample.answer) { server in
            let error = await failure {
                try await server.pull(
                    .test {
                        $0.plainHTTP = PlainHTTPPolicy(); $0.limits.attempts = 1
                    })
            }
            #expect(error != nil)
            #expect(server.requests.isEmpty)
        }
    }

    // MARK: Credentials

    private func credentials(_ change: @escaping (inout RegistryConfiguration) -> Void = { _ in })
        -> RegistryConfiguration
    {
        .test {
            $0.credentials = CredentialSource(.password(user: "me", secret: "secret"))
            change(&$0)
        }
    }

    @Test func basicCredentialsAreShownOnlyWhenAskedFor() async throws {
        try await FakeRegistry.serving { request in
            guard request["authorization"] == "Basic bWU6c2VjcmV0" else {
                return FakeRegistry.reply(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
            }
            return sample.answer(request)
        } _: { server in
            _ = try await server.pull(credentials())
            #expect(server.requests[0]["authorization"] == nil)
            #expect(server.requests.dropFirst().allSatisfy { $0["authorization"] != nil })
        }
    }

    @Test func wrongCredentialsAreNotTriedForever() async throws {
        try await FakeRegistry.serving { _ in
            FakeRegistry.reply(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
        } _: { server in
            let error = await failure { try await server.pull(credentials()) }
            #expect(error?.code == .unauthorized)
            #expect(error?.description.contains("user me") == true && error?.description.contains("secret") == false)
            #expect(server.requests.count == 2)
        }
    }

    @Test func aTokenIsFetchedOnceForAnImage() async throws {
        let realm = NIOLockedValueBox("")
        try await FakeRegistry.serving { request in
            if request.path == "/token" {
                guard request["authorization"] == "Basic bWU6c2VjcmV0", request.target.contains("service=reg"),
                    request.target.contains("scope=repository%3Aapp%3Apull")
                else { return FakeRegistry.reply(401) }
                return FakeRegistry.reply(200, [], Array(#"{"token":"abc","expires_in":300}"#.utf8))
            }
            guard request["authorization"] == "Bearer abc" else {
                return FakeRegistry.reply(
                    401,
                    [
                        (
                            "WWW-Authenticate",
                            "Bearer realm=\"\(realm.withLockedValue { $0 })\",service=\"reg\",scope=\"repository:app:pull\""
                        )
                    ])
            }
            return sample.answer(request)
        } _: { server in
            realm.withLockedValue { $0 = "http://\(server.host)/token" }
            let (_, blobs) = try await server.pull(credentials())
            #expect(blobs == sample.blobs)
            #expect(server.requests.count { $0.path == "/token" } == 1)
        }
    }

    @Test func aTokenThatEndedIsRenewed() async throws {
        let realm = NIOLockedValueBox("")
        let issued = NIOLockedValueBox(0)
        try await FakeRegistry.serving { request in
            if request.path == "/token" {
                let number = issued.withLockedValue {
                    $0 += 1; return $0
                }
                return FakeRegistry.reply(200, [], Array(#"{"access_token":"t\#(number)","expires_in":3000}"#.utf8))
            }
            // The manifest's token is no longer good for blobs.
            let good = request.path.contains("/manifests/") ? "Bearer t1" : "Bearer t"
            guard let shown = request["authorization"], shown.hasPrefix(good),
                request.path.contains("/manifests/") || shown != "Bearer t1"
            else {
                return FakeRegistry.reply(
                    401, [("WWW-Authenticate", "Bearer realm=\"\(realm.withLockedValue { $0 })\"")])
            }
            return sample.answer(request)
        } _: { server in
            realm.withLockedValue { $0 = "http://\(server.host)/token" }
            let (_, blobs) = try await server.pull(credentials())
            #expect(blobs == sample.blobs)
        }
    }

    @Test func aTokenServerWithoutTLSIsRefused() async throws {
        try await FakeRegistry.serving { _ in
            FakeRegistry.reply(401, [("WWW-Authenticate", #"Bearer realm="http://auth.example.com/token""#)])
        } _: { server in
            let error = await failure { try await server.pull(credentials()) }
            #expect(error?.code == .notPermitted)
        }
    }

    @Test func anEndlessTokenIsRefused() async throws {
        let realm = NIOLockedValueBox("")
        let error = try await FakeRegistry.serving { request in
            guard request.path == "/token" else {
                return FakeRegistry.reply(
                    401, [("WWW-Authenticate", "Bearer realm=\"\(realm.withLockedValue { $0 })\"")])
            }
            return [
                .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                .endlessly(
                    Array("8000\r\n".utf8) + [UInt8](repeating: 32, count: 0x8000) + Array("\r\n".utf8), every: .zero),
            ]
        } _: { server in
            realm.withLockedValue { $0 = "http://\(server.host)/token" }
            return await failure { try await server.pull(credentials()) }
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func credentialsStayBehindWhenABlobIsElsewhere() async throws {
        let elsewhere = NIOLockedValueBox("")
        try await FakeRegistry.serving(sample.answer) { content in
            elsewhere.withLockedValue { $0 = "http://\(content.host)" }
            try await FakeRegistry.serving { request in
                guard request["authorization"] != nil else {
                    return FakeRegistry.reply(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
                }
                guard request.path.contains("/blobs/") else { return sample.answer(request) }
                return FakeRegistry.reply(307, [("Location", elsewhere.withLockedValue { $0 } + request.target)])
            } _: { server in
                let (_, blobs) = try await server.pull(credentials())
                #expect(blobs == sample.blobs)
                #expect(server.requests.contains { $0["authorization"] != nil })
                #expect(!content.requests.isEmpty)
                #expect(content.requests.allSatisfy { $0["authorization"] == nil })
            }
        }
    }

    @Test func aHostThatARegistryRedirectsToGetsNoCredentialsByAsking() async throws {
        let elsewhere = NIOLockedValueBox("")
        try await FakeRegistry.serving { _ in
            FakeRegistry.reply(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
        } _: { thief in
            elsewhere.withLockedValue { $0 = "http://\(thief.host)" }
            try await FakeRegistry.serving { request in
                FakeRegistry.reply(307, [("Location", elsewhere.withLockedValue { $0 } + request.target)])
            } _: { server in
                let error = await failure { try await server.pull(credentials()) }
                #expect(error?.code == .unauthorized)
                #expect(thief.requests.count == 1)
                #expect(thief.requests.allSatisfy { $0["authorization"] == nil })
            }
        }
    }
}
