import JSON
import NIOConcurrencyHelpers
import NIOCore
import OCISpec
import Registry
import Testing

/// A registry that lies, stalls or floods gets one clear error, and nothing wrong is kept.
@Suite("Hostile registries", .serialized, .timeLimit(.minutes(1)))
struct HostileRegistryTests {
    private let sample = Sample()

    /// Pulls from a server that answers blobs in its own way and everything else honestly.
    private func pull(
        _ sample: Sample, blobs answer: @escaping @Sendable (FakeRegistry.Request, [UInt8]) -> [FakeRegistry.Step]
    ) async throws -> (RegistryError?, MemoryDestination, Int) {
        let destination = MemoryDestination()
        return try await FakeRegistry.serving { request in
            guard request.path.contains("/blobs/"), let name = request.path.split(separator: "/").last,
                let blob = (try? Digest(parsing: String(name))).flatMap({ sample.blobs[$0] })
            else { return sample.answer(request) }
            return answer(request, blob)
        } _: { server in
            let error = await failure { try await server.pull(into: destination) }
            return (error, destination, server.requests.count)
        }
    }

    @Test func bytesOfAnotherDigestAreRefusedAndNotKept() async throws {
        let (error, destination, _) = try await pull(sample) { _, blob in
            FakeRegistry.reply(200, [], blob.map { $0 ^ 1 })
        }
        #expect(error?.code == .digestMismatch)
        #expect(destination.holdsExactly([:]))
    }

    @Test func aLongerBlobThanTheManifestSaysIsRefusedByItsLength() async throws {
        let (error, destination, _) = try await pull(sample) { _, blob in FakeRegistry.reply(200, [], blob + [0]) }
        #expect(error?.code == .sizeMismatch)
        #expect(destination.holdsExactly([:]))
    }

    @Test func anEndlessBodyEndsAtTheSizeOfTheManifest() async throws {
        let (error, destination, _) = try await pull(sample) { _, _ in
            [
                .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                .endlessly(
                    Array("1000\r\n".utf8) + [UInt8](repeating: 7, count: 0x1000) + Array("\r\n".utf8), every: .zero),
            ]
        }
        #expect(error?.code == .sizeMismatch)
        #expect(destination.holdsExactly([:]))
        #expect(destination.unfinished.values.allSatisfy { $0.count <= 100_000 } == true)
    }

    @Test func aDrippingBodyIsCutOff() async throws {
        let (error, _, _) = try await pull(sample) { _, blob in
            [
                .text("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n"),
                .endlessly([7], every: .milliseconds(60)),
            ]
        }
        // The small blobs are filled with wrong bytes at last, the large one is too slow: either way it ends.
        #expect([.tooSlow, .digestMismatch].contains(error?.code))
    }

    @Test func silenceInTheMiddleOfABodyEndsInATimeout() async throws {
        let sample = sample
        let error = try await FakeRegistry.serving { request in
            if request.path.contains("/manifests/") { return sample.answer(request) }
            return [.text("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfir")]
        } _: { server in
            await failure {
                try await server.pull(
                    .test {
                        $0.limits.silence = .milliseconds(100); $0.limits.attempts = 2
                    })
            }
        }
        #expect(error?.code == .timedOut || error?.code == .sizeMismatch)
    }

    @Test func aServerThatNeverAnswersEndsInATimeout() async throws {
        let error = try await FakeRegistry.serving { _ in
            []
        } _: { server in
            await failure {
                try await server.pull(
                    .test {
                        $0.limits.answerTimeout = .milliseconds(100); $0.limits.attempts = 2
                    })
            }
        }
        #expect(error?.code == .timedOut)
    }

    @Test func aContentLengthThatPromisesTooMuchIsTriedAgainAndGivenUp() async throws {
        let sample = Sample(layers: [Sample.bytes(5000)])
        let (error, destination, count) = try await pull(sample) { _, blob in
            [.text("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n"), .bytes(Array(blob.prefix(20))), .close]
        }
        #expect(error?.code == .connection)
        #expect(destination.holdsExactly([:]))
        #expect(count < 40)
    }

    @Test func aBrokenConnectionIsContinuedWithARange() async throws {
        let sample = Sample(layers: [Sample.bytes(50_000)])
        let broken = NIOLockedValueBox(0)
        let (error, destination, _) = try await pull(sample) { request, blob in
            let honest = sample.answer(request)
            guard blob.count == 50_000,
                broken.withLockedValue({
                    $0 += 1; return $0
                }) <= 3
            else { return honest }
            // The head and 10,000 bytes or so, then nothing more.
            guard case .bytes(let bytes) = honest[0] else { return honest }
            return [.bytes(Array(bytes.prefix(10_000))), .close]
        }
        #expect(error == nil)
        #expect(destination.holdsExactly(sample.blobs))
        #expect(broken.withLockedValue { $0 } == 4)
    }

    @Test func aRegistryThatIgnoresTheRangeIsReadFromTheStart() async throws {
        let sample = Sample(layers: [Sample.bytes(50_000)])
        let tries = NIOLockedValueBox(0)
        let (error, destination, _) = try await pull(sample) { request, blob in
            guard blob.count == 50_000 else { return sample.answer(request) }
            let head = FakeRegistry.Step.text("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n")
            if tries.withLockedValue({
                $0 += 1; return $0
            }) == 1 {
                return [head, .bytes(Array(blob.prefix(9_000))), .close]
            }
            return [head, .bytes(blob)]
        }
        #expect(error == nil)
        #expect(destination.holdsExactly(sample.blobs))
    }

    @Test func aRangeOfOtherBytesIsNotTakenForOurs() async throws {
        let sample = Sample(layers: [Sample.bytes(50_000)])
        let tries = NIOLockedValueBox(0)
        let (error, destination, _) = try await pull(sample) { request, blob in
            guard blob.count == 50_000 else { return sample.answer(request) }
            switch tries.withLockedValue({
                $0 += 1; return $0
            }) {
            case 1:
                return [
                    .text("HTTP/1.1 200 OK\r\nContent-Length: \(blob.count)\r\n\r\n"),
                    .bytes(Array(blob.prefix(9_000))), .close,
                ]
            case 2:
                return FakeRegistry.reply(206, [("Content-Range", "bytes 0-40999/50000")], Array(blob[..<41_000]))
            default: return FakeRegistry.reply(200, [], blob)
            }
        }
        #expect(error == nil)
        #expect(destination.holdsExactly(sample.blobs))
    }

    @Test func aSpoiledPartOfAnEarlierPullIsReplaced() async throws {
        let sample = Sample(layers: [Sample.bytes(50_000)])
        let destination = MemoryDestination()
        destination.leave([UInt8](repeating: 0, count: 1_000), of: Sample.digest(sample.layers[0]))
        try await FakeRegistry.serving(sample.answer) { server in
            _ = try await server.pull(into: destination)
            #expect(destination.holdsExactly(sample.blobs))
            #expect(server.requests.contains { $0["range"] == "bytes=1000-" })
        }
    }

    @Test func redirectsThatGoRoundEnd() async throws {
        let (error, _, count) = try await pull(sample) { request, _ in
            FakeRegistry.reply(302, [("Location", request.target)])
        }
        #expect(error?.code == .redirect)
        #expect(count < 40)
    }

    @Test(arguments: ["", "ftp://127.0.0.1/x", "http://user:pw@127.0.0.1/", "http://exa mple/", "\\\\host\\x"])
    func aRedirectToNoAddressIsRefused(_ location: String) async throws {
        let (error, _, _) = try await pull(sample) { _, _ in FakeRegistry.reply(307, [("Location", location)]) }
        #expect(error?.code == .redirect)
    }

    @Test func aRedirectToAnotherHostWithoutTLSIsRefused() async throws {
        let (error, _, _) = try await pull(sample) { _, _ in
            FakeRegistry.reply(307, [("Location", "http://registry.example.com/blob")])
        }
        #expect(error?.code == .notPermitted)
    }

    @Test func giantHeadersAreRefused() async throws {
        let sample = sample
        let error = try await FakeRegistry.serving { _ in
            [
                .text("HTTP/1.1 200 OK\r\n"),
                .endlessly(Array("X-Fill: \(String(repeating: "x", count: 4000))\r\n".utf8), every: .zero),
            ]
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .tooLarge)
        _ = sample
    }

    @Test func aManifestOfMoreThanFourMebibytesIsRefusedBeforeItIsRead() async throws {
        let error = try await FakeRegistry.serving { _ in
            [
                .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                .endlessly(
                    Array("10000\r\n".utf8) + [UInt8](repeating: 32, count: 0x10000) + Array("\r\n".utf8), every: .zero),
            ]
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func aManifestUnderAnotherDigestIsRefused() async throws {
        let sample = sample
        let error = try await FakeRegistry.serving(sample.answer) { server in
            await failure { try await server.pull(tag: "@\(Sample.digest([1]))") }
        }
        #expect(error?.code == .digestMismatch)
    }

    @Test func aDockerContentDigestThatIsNotTrueIsRefused() async throws {
        let sample = sample
        let error = try await FakeRegistry.serving { request in
            guard request.path.contains("/manifests/") else { return sample.answer(request) }
            return FakeRegistry.reply(
                200,
                [
                    ("Content-Type", MediaType.imageManifest.rawValue),
                    ("Docker-Content-Digest", Sample.digest([1]).description),
                ], sample.manifest)
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .digestMismatch)
    }

    @Test(arguments: [
        (#"{"schemaVersion":1,"fsLayers":[]}"#, "application/vnd.docker.distribution.manifest.v1+json"),
        ("not json", "application/vnd.oci.image.manifest.v1+json"),
        ("{}", "application/vnd.oci.image.manifest.v1+json"),
        (#"{"schemaVersion":2,"manifests":null}"#, "application/vnd.oci.image.manifest.v1+json"),
    ])
    func aDocumentThatIsNoManifestIsRefused(_ text: String, _ type: String) async throws {
        let error = try await FakeRegistry.serving { _ in
            FakeRegistry.reply(200, [("Content-Type", type)], Array(text.utf8))
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .malformed)
    }

    @Test func anUnknownMediaTypeIsNamed() async throws {
        let error = try await FakeRegistry.serving { _ in
            FakeRegistry.reply(200, [("Content-Type", "application/vnd.example.thing+json; v=1")], Array("{}".utf8))
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("application/vnd.example.thing+json") == true)
    }

    @Test func anIndexThatNamesItselfForeverEnds() async throws {
        // Indexes that lead ever deeper: each names the next by its digest, so the chain is built from its end.
        let chain = NIOLockedValueBox<[String: [UInt8]]>([:])
        var inner = sample.manifest
        var type = MediaType.imageManifest
        for _ in 0..<20 {
            let entry = Descriptor(
                mediaType: type, digest: Sample.digest(inner), size: Int64(inner.count),
                platform: Platform(os: "wasi", architecture: "wasm"))
            let bytes = inner
            chain.withLockedValue { $0[Sample.digest(bytes).description] = bytes }
            inner = ImageIndex(manifests: [entry]).json.bytes()
            type = .imageIndex
        }
        let top = inner
        let error = try await FakeRegistry.serving { request in
            let name = String(request.path.split(separator: "/").last ?? "")
            return FakeRegistry.reply(200, [], chain.withLockedValue { $0[name] } ?? top)
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .malformed)
    }

    @Test func anImageOfAbsurdSizeIsRefusedBeforeAnyBlob() async throws {
        let sample = Sample { descriptors in
            for index in descriptors.indices { descriptors[index].size = .max - 1 }
        }
        try await FakeRegistry.serving(sample.answer) { server in
            let error = await failure { try await server.pull() }
            #expect(error?.code == .tooLarge)
            #expect(!server.requests.contains { $0.path.contains("/blobs/") })
        }
    }

    @Test func whatTheRegistryWritesCantControlTheTerminal() async throws {
        let error = try await FakeRegistry.serving { _ in
            FakeRegistry.reply(
                403, [], Array("{\"errors\":[{\"code\":\"DENIED\",\"message\":\"\\u001b[31mred\\n\\u202eevil\"}]}".utf8)
            )
        } _: { server in
            await failure { try await server.pull() }
        }
        #expect(error?.code == .denied)
        let line = error?.description ?? ""
        #expect(
            line.contains("red") && !line.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\n" || $0 == "\u{202e}" })
    }
}
