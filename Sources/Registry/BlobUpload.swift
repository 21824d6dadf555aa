import NIOHTTP1
import OCISpec

/// Brings one blob to a registry: nothing when it is there, a mount when another repository of the registry has it, one
/// request when it is small, chunks that can be continued when it is large (distribution specification, "Pushing blobs").
struct BlobUpload {
    /// What the registry answers when it holds the blob in the end.
    private static let done: Set<Int> = [201, 204]

    let session: RegistrySession
    let blob: Descriptor
    let source: any BlobSource
    /// Repositories of the same registry that may have the blob.
    let mountCandidates: [String]
    let observer: any TransferObserver

    private var endpoint: RegistryEndpoint { session.endpoint }
    private var scopes: [AccessScope] { [.push(endpoint.repository)] }
    private var subject: String { "push \(endpoint.name)/\(endpoint.repository) blob \(blob.digest.short)" }

    func run() async throws(RegistryError) {
        let head = WebRequest(.HEAD, endpoint.blob(blob.digest))
        let answer = try await session.send(head, scopes: scopes, accepting: [200, 404], subject: subject)
        if answer.status == 200 {
            observer.observe(.present(blob.digest))
            return
        }
        for repository in mountCandidates where repository != endpoint.repository {
            if try await mount(from: repository) {
                observer.observe(.mounted(blob.digest, from: repository))
                return
            }
        }
        try await upload()
        observer.observe(.finished(blob.digest))
    }

    /// Asks to take the blob from another repository; a registry that won't opens an upload, which is given up at once.
    private func mount(from repository: String) async throws(RegistryError) -> Bool {
        let address = endpoint.uploads.adding("mount", blob.digest.description).adding("from", repository)
        let answer: WebAnswer
        do throws(RegistryError) {
            answer = try await session.send(
                WebRequest(.POST, address), scopes: scopes + [.pull(repository)], accepting: [201, 202, 404, 405],
                subject: subject)
        } catch {
            // Without the right to read the other repository there is still the ordinary way.
            guard [.unauthorized, .denied].contains(error.code) else { throw error }
            return false
        }
        if answer.status == 201 { return true }
        if answer.status == 202, let location = try? location(of: answer, nil) {
            _ = try? await session.send(
                WebRequest(.DELETE, location), scopes: scopes, accepting: [200, 202, 204, 404], subject: subject)
        }
        return false
    }

    /// Opens an upload and sends everything; an upload that the registry lost is begun anew, a bounded number of times.
    private func upload() async throws(RegistryError) {
        var attempt = 1
        while true {
            var upload = try await begin()
            do throws(RegistryError) {
                return try await send(&upload)
            } catch {
                guard error.isPassing || error.code == .notFound else {
                    await cancel(upload)
                    throw error
                }
                try await session.pause(after: &attempt, orThrow: error)
                observer.observe(.resumed(blob.digest, bytes: 0))
            }
        }
    }

    /// An upload that the registry opened: where to send to, and how much it has.
    private struct Upload {
        var location: WebAddress
        var position: Int64 = 0
        /// Requests that failed, over the whole upload.
        var failures = 0
        let chunkBytes: Int64
    }

    private func begin() async throws(RegistryError) -> Upload {
        var address = endpoint.uploads
        if blob.digest.algorithm != .sha256 {
            address = address.adding("digest-algorithm", blob.digest.algorithm.rawValue)
        }
        let answer = try await session.send(
            WebRequest(.POST, address, headers: [("Content-Length", "0")]), scopes: scopes, accepting: [202],
            subject: subject)
        let smallest = answer["oci-chunk-min-length"].flatMap { Int64($0) } ?? 0
        guard smallest <= session.limits.blobBytes else {
            throw RegistryError(.malformed, subject, "\(endpoint.name) wants chunks of \(smallest) bytes")
        }
        return Upload(
            location: try location(of: answer, nil), chunkBytes: max(session.limits.uploadChunkBytes, smallest))
    }

    private func send(_ upload: inout Upload) async throws(RegistryError) {
        while blob.size - upload.position > upload.chunkBytes {
            try await sendChunk(&upload)
        }
        try await close(&upload)
    }

    /// Sends one chunk. After a failure asks how much arrived and leaves the rest to the next call.
    private func sendChunk(_ upload: inout Upload) async throws(RegistryError) {
        let count = min(upload.chunkBytes, blob.size - upload.position)
        let end = upload.position + count
        let request = WebRequest(
            .PATCH, upload.location,
            headers: [
                ("Content-Type", "application/octet-stream"), ("Content-Range", "\(upload.position)-\(end - 1)"),
            ],
            body: part(from: upload.position, count: count))
        let answer = try await sendOnce(request, accepting: [202, 204, 416], &upload)
        guard let answer, answer.status != 416 else { return }
        upload.location = try location(of: answer, upload.location)
        upload.position = end
    }

    /// Sends what is left, all of it for a small blob, and names the digest.
    private func close(_ upload: inout Upload) async throws(RegistryError) {
        var answer: WebAnswer?
        while answer == nil {
            let start = upload.position
            let count = blob.size - start
            var headers = [("Content-Type", "application/octet-stream")]
            if start > 0, count > 0 { headers.append(("Content-Range", "\(start)-\(blob.size - 1)")) }
            let request = WebRequest(
                .PUT, upload.location.adding("digest", blob.digest.description), headers: headers,
                body: part(from: start, count: count))
            answer = try await sendOnce(request, accepting: Self.done.union([416]), &upload)
            if answer?.status == 416 { answer = nil }
        }
    }

    private func part(from start: Int64, count: Int64) -> WebRequest.Body {
        guard count > 0 else { return .bytes([]) }
        let moved = MovedBytes(blob.digest, start: start, observer)
        return .part(BlobPart(source: source, offset: start, count: count, sent: { moved.add($0) }))
    }

    /// Sends a request with a body. When it fails in a way that may pass, or out of order (416), the registry is asked how
    /// much it has (end-13) and `upload` stands there; nil or 416 then means: go on from `upload`.
    private func sendOnce(
        _ request: WebRequest, accepting: Set<Int>, _ upload: inout Upload
    ) async throws(RegistryError) -> WebAnswer? {
        var failure = RegistryError(
            .status(416), subject, "\(endpoint.name) lost its place in the upload (416)")
        do throws(RegistryError) {
            let answer = try await session.sendWithoutRetry(
                request, scopes: scopes, accepting: accepting, subject: subject)
            if answer.status != 416 { return answer }
        } catch {
            guard error.isPassing else { throw error }
            failure = error
        }
        let before = upload.position
        try await ask(&upload)
        upload.failures += 1
        guard upload.position > before || upload.failures < session.limits.attempts else { throw failure }
        observer.observe(.resumed(blob.digest, bytes: upload.position))
        return nil
    }

    /// How much of the upload arrived.
    private func ask(_ upload: inout Upload) async throws(RegistryError) {
        let answer = try await session.send(
            WebRequest(.GET, upload.location), scopes: scopes, accepting: [204, 200], subject: subject)
        upload.location = try location(of: answer, upload.location)
        // `0-0` is what registries say of an upload that has nothing: no chunk of ours has one byte.
        let end = answer["range"].flatMap { $0.split(separator: "-").last }.flatMap { Int64($0) } ?? 0
        upload.position = end > 0 ? end + 1 : 0
        guard upload.position <= blob.size else {
            throw RegistryError(.malformed, subject, "\(endpoint.name) claims more bytes than the blob has")
        }
    }

    private func cancel(_ upload: Upload) async {
        _ = try? await session.sendWithoutRetry(
            WebRequest(.DELETE, upload.location), scopes: scopes, accepting: [200, 202, 204, 404], subject: subject)
    }

    /// The address to go on with; `fallback` when the registry names none.
    private func location(of answer: WebAnswer, _ fallback: WebAddress?) throws(RegistryError) -> WebAddress {
        guard let text = answer["location"] else {
            if let fallback { return fallback }
            throw RegistryError(.malformed, subject, "\(endpoint.name) opened an upload without an address")
        }
        guard text.utf8.count <= session.limits.addressBytes, let location = answer.address.resolving(text) else {
            throw RegistryError(.malformed, subject, "\(endpoint.name) opened an upload without a usable address")
        }
        guard !(endpoint.origin.scheme == .https && location.origin.scheme == .http) else {
            throw RegistryError(
                .redirect, subject, "\(endpoint.name) leads an upload from https to \(location.origin)",
                advice: "a registry behind a proxy must know its own https address")
        }
        return location
    }
}
