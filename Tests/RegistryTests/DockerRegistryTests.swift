import JSON
import NIOConcurrencyHelpers
import OCISpec
import SystemCalls
import Testing

@testable import Registry

/// Against the registry that most others are made from, with skopeo as the other side.
@Suite(
    "Debian's docker-registry", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: DockerRegistry.isInstalled, "needs the packages docker-registry and skopeo"))
struct DockerRegistryTests {
    private let sample = Sample(layers: [Array("small".utf8), Sample.bytes(3_000_000)])

    private func outgoing(_ sample: Sample) throws -> OutgoingImage {
        let manifest = try ImageManifest(json: JSONNode(reading: sample.manifest))
        return OutgoingImage(manifests: [
            .init(bytes: sample.manifest, type: .imageManifest, blobs: [manifest.configuration] + manifest.layers)
        ])
    }

    private func push(
        _ sample: Sample, to name: String, _ configuration: RegistryConfiguration = .test(), mountFrom: [String] = [],
        observer: any TransferObserver = SilentObserver()
    ) async throws {
        let image = try outgoing(sample)
        let blobs = sample.blobs
        let digest = try await RegistryClient.with(try ImageReference(parsing: name), configuration) {
            client throws(RegistryError) in
            try await client.push(image, mountCandidates: { _ in mountFrom }, observer: observer) {
                MemorySource(bytes: blobs[$0.digest] ?? [])
            }
        }
        #expect(digest == Sample.digest(sample.manifest))
    }

    private func pull(_ name: String, _ configuration: RegistryConfiguration = .test()) async throws
        -> MemoryDestination
    {
        let destination = MemoryDestination()
        _ = try await RegistryClient.with(try ImageReference(parsing: name), configuration) {
            client throws(RegistryError) in
            try await client.pull(platform: .standard, into: destination)
        }
        return destination
    }

    @Test func whatIsPushedComesBack() async throws {
        try await DockerRegistry.serving { registry in
            try await push(sample, to: "\(registry.host)/team/app:1")
            #expect(try await pull("\(registry.host)/team/app:1").holdsExactly(sample.blobs))
            let byDigest = "\(registry.host)/team/app@\(Sample.digest(sample.manifest))"
            #expect(try await pull(byDigest).holdsExactly(sample.blobs))
        }
    }

    @Test func aLargeBlobGoesInChunks() async throws {
        try await DockerRegistry.serving { registry in
            try await push(sample, to: "\(registry.host)/app:1", .test { $0.limits.uploadChunkBytes = 700_000 })
            #expect(try await pull("\(registry.host)/app:1").holdsExactly(sample.blobs))
        }
    }

    @Test func aSecondPushMovesNothing() async throws {
        try await DockerRegistry.serving { registry in
            try await push(sample, to: "\(registry.host)/app:1")
            let recorder = Recorder()
            try await push(sample, to: "\(registry.host)/app:2", observer: recorder)
            #expect(recorder.events.count { if case .present = $0 { true } else { false } } == 3)
            #expect(!recorder.events.contains { if case .moved = $0 { true } else { false } })
        }
    }

    @Test func anotherRepositoryLendsItsBlobs() async throws {
        try await DockerRegistry.serving { registry in
            try await push(sample, to: "\(registry.host)/base:1")
            let recorder = Recorder()
            try await push(
                sample, to: "\(registry.host)/copy:1", mountFrom: ["nothing/here", "base"], observer: recorder)
            #expect(recorder.events.count { if case .mounted(_, "base") = $0 { true } else { false } } == 3)
            #expect(try await pull("\(registry.host)/copy:1").holdsExactly(sample.blobs))
        }
    }

    @Test func anIndexIsPushedAfterItsManifests() async throws {
        let other = Sample(layers: [Sample.bytes(10, seed: 9)])
        let entries = [(sample, Platform.host), (other, Platform(os: "wasi", architecture: "wasm"))].map {
            sample, platform in
            Descriptor(
                mediaType: .imageManifest, digest: Sample.digest(sample.manifest), size: Int64(sample.manifest.count),
                platform: platform)
        }
        let index = ImageIndex(manifests: entries).json.bytes()
        let manifests = try [sample, other].flatMap { try outgoing($0).manifests }
        let blobs = sample.blobs.merging(other.blobs) { first, _ in first }
        try await DockerRegistry.serving { registry in
            let reference = try ImageReference(parsing: "\(registry.host)/multi:1")
            let digest = try await RegistryClient.with(reference, .test()) { client throws(RegistryError) in
                try await client.push(OutgoingImage(manifests: manifests, index: (index, .imageIndex))) {
                    MemorySource(bytes: blobs[$0.digest] ?? [])
                }
            }
            #expect(digest == Sample.digest(index))
            #expect(try await pull("\(registry.host)/multi:1").holdsExactly(other.blobs))
        }
    }

    @Test func skopeoReadsWhatIsPushed() async throws {
        try await DockerRegistry.serving { registry in
            try await push(sample, to: "\(registry.host)/app:1")
            let raw = try run("skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(registry.host)/app:1")
            #expect(raw.code == 0 && Array(raw.output.utf8) == sample.manifest)
            let copy = try run(
                "skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", "docker://\(registry.host)/app:1",
                "dir:\(registry.folder)/copy")
            #expect(copy.code == 0, "\(copy.output)")
        }
    }

    @Test func whatSkopeoPushesIsRead() async throws {
        try await DockerRegistry.serving { registry in
            let layout = "\(registry.folder)/layout"
            try Self.writeLayout(sample, at: layout)
            let copy = try run(
                "skopeo", "copy", "--insecure-policy", "--preserve-digests", "--dest-tls-verify=false",
                "oci:\(layout):x",
                "docker://\(registry.host)/by/skopeo:1")
            #expect(copy.code == 0, "\(copy.output)")
            #expect(try await pull("\(registry.host)/by/skopeo:1").holdsExactly(sample.blobs))
        }
    }

    @Test func missingImagesAreNotFound() async throws {
        try await DockerRegistry.serving { registry in
            let error = await failure { try await pull("\(registry.host)/no/such:1") }
            #expect(error?.code == .notFound)
            #expect(error?.description.contains("manifest unknown") == true)
        }
    }

    @Test func aPasswordLetsIn() async throws {
        try await DockerRegistry.serving(.password) { registry in
            let right = RegistryConfiguration.test {
                $0.credentials = CredentialSource(.password(user: "me", secret: "secret"))
            }
            let wrong = RegistryConfiguration.test {
                $0.credentials = CredentialSource(.password(user: "me", secret: "wrong"))
            }
            try await push(sample, to: "\(registry.host)/app:1", right)
            #expect(try await pull("\(registry.host)/app:1", right).holdsExactly(sample.blobs))
            #expect(await failure { try await pull("\(registry.host)/app:1", wrong) }?.code == .unauthorized)
            let nobody = await failure { try await pull("\(registry.host)/app:1") }
            #expect(nobody?.code == .unauthorized && nobody?.advice?.contains("--creds") == true)
        }
    }

    @Test func theFileThatSkopeoLoginWritesLetsIn() async throws {
        try await DockerRegistry.serving(.password) { registry in
            let file = "\(registry.folder)/auth.json"
            let login = try run(
                "skopeo", "login", "--tls-verify=false", "--authfile", file, "-u", "me", "-p", "secret", registry.host)
            #expect(login.code == 0, "\(login.output)")
            let configuration = RegistryConfiguration.test { $0.credentials = CredentialSource(file: file) }
            try await push(sample, to: "\(registry.host)/app:1", configuration)
            #expect(try await pull("\(registry.host)/app:1", configuration).holdsExactly(sample.blobs))
        }
    }

    @Test func tokensOfATokenServerLetIn() async throws {
        let folder = "/tmp/martlet-token-\(Processes.current)"
        try Files.makeDirectory(folder, mode: 0o700)
        defer { try? TreeRemoval.remove(folder) }
        let signer = try TokenSigner(folder: folder)
        try await FakeRegistry.serving { request in
            guard request["authorization"] == "Basic bWU6c2VjcmV0", request.target.contains("service=test"),
                let token = try? signer.token(for: request.target)
            else { return FakeRegistry.reply(401) }
            return FakeRegistry.reply(
                200, [], JSONValue.object(.init([.init(key: "token", value: .string(token))])).bytes())
        } _: { tokens in
            let access = DockerRegistry.Access.token(
                realm: "http://\(tokens.host)/token", certificate: TokenSigner.certificatePath(folder))
            try await DockerRegistry.serving(access) { registry in
                let right = RegistryConfiguration.test {
                    $0.credentials = CredentialSource(.password(user: "me", secret: "secret"))
                }
                try await push(sample, to: "\(registry.host)/app:1", right)
                let recorder = Recorder()
                try await push(sample, to: "\(registry.host)/copy:1", right, mountFrom: ["app"], observer: recorder)
                #expect(recorder.events.count { if case .mounted = $0 { true } else { false } } == 3)
                #expect(try await pull("\(registry.host)/app:1", right).holdsExactly(sample.blobs))
                #expect(await failure { try await pull("\(registry.host)/app:1") }?.code == .unauthorized)
            }
        }
    }

    @Test func aRegistryIsTrustedByTheCAThatWasGivenForIt() async throws {
        let folder = "/tmp/martlet-tls-\(Processes.current)"
        try Files.makeDirectory(folder, mode: 0o700)
        defer { try? TreeRemoval.remove(folder) }
        let made = try run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out",
            "\(folder)/ca.crt")
        #expect(made.code == 0, "\(made.output)")
        try await DockerRegistry.serving(.tls(certificate: "\(folder)/ca.crt", key: "\(folder)/key.pem")) { registry in
            let name = "\(registry.host)/app:1"
            let distrusting = RegistryConfiguration.test { $0.plainHTTP = PlainHTTPPolicy() }
            let distrust = await failure { try await pull(name, distrusting) }
            #expect(distrust?.code == .trust && distrust?.detail.hasSuffix("isn't trusted") == true)
            let file = RegistryConfiguration.test {
                $0.plainHTTP = PlainHTTPPolicy()
                $0.authorities = ["\(folder)/ca.crt"]
            }
            try await push(sample, to: name, file)
            try Files.makeDirectory("\(folder)/\(registry.host)", mode: 0o700)
            try Files.rename("\(folder)/ca.crt", to: "\(folder)/\(registry.host)/ca.crt")
            let certificates = RegistryConfiguration.test {
                $0.plainHTTP = PlainHTTPPolicy()
                $0.certificateFolders = [folder]
            }
            #expect(try await pull(name, certificates).holdsExactly(sample.blobs))
        }
    }

    private static func writeLayout(_ sample: Sample, at path: String) throws {
        for folder in [path, "\(path)/blobs", "\(path)/blobs/sha256"] { try Files.makeDirectory(folder, mode: 0o700) }
        for bytes in Array(sample.blobs.values) + [sample.manifest] {
            let file = try Files.open(
                "\(path)/blobs/sha256/\(Sample.digest(bytes).hex)", flags: [.writeOnly, .create], mode: 0o600)
            try Files.writeAll(file.rawValue, bytes)
        }
        let entry = Descriptor(
            mediaType: .imageManifest, digest: Sample.digest(sample.manifest), size: Int64(sample.manifest.count),
            annotations: ["org.opencontainers.image.ref.name": "x"])
        try DockerRegistry.write(ImageIndex(manifests: [entry]).json.text(), to: "\(path)/index.json")
        try DockerRegistry.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "\(path)/oci-layout")
    }
}
