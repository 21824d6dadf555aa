import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCISpec

/// Brings one blob from a registry into a destination: continued after broken connections, never longer than its descriptor
/// says, and kept only when its digest matches.
struct BlobDownload {
    let session: RegistrySession
    let blob: Descriptor
    let destination: any BlobDestination
    let observer: any TransferObserver

    private var subject: String {
        "pull \(session.endpoint.name)/\(session.endpoint.repository) blob \(blob.digest.short)"
    }

    func run() async throws(RegistryError) {
        if try storing({ try destination.holds(blob) }) {
            observer.observe(.present(blob.digest))
            return
        }
        guard blob.size <= session.limits.blobBytes else {
            throw RegistryError(
                .tooLarge, subject, "has \(blob.size) bytes, at most \(session.limits.blobBytes) are read")
        }
        let sink = try storing { try destination.sink(for: blob) }
        do throws(RegistryError) {
            try await fill(sink)
        } catch {
            sink.pause()
            throw error
        }
        observer.observe(.finished(blob.digest))
    }

    /// Fills and checks; what an earlier run left behind gets one second chance, from the start.
    private func fill(_ sink: any BlobSink) async throws(RegistryError) {
        let inherited = sink.position > 0
        if inherited { observer.observe(.resumed(blob.digest, bytes: sink.position)) }
        try await receiveAll(into: sink)
        if try storing({ try sink.finish() }) { return }
        if inherited {
            try storing { try sink.restart() }
            try await receiveAll(into: sink)
            if try storing({ try sink.finish() }) { return }
        }
        throw RegistryError(
            .digestMismatch, subject, "\(session.endpoint.name) sent other bytes than \(blob.digest)",
            advice: "the registry or something on the way damaged it")
    }

    /// Repeats requests until every byte is there. A connection that brought something counts as progress.
    private func receiveAll(into sink: any BlobSink) async throws(RegistryError) {
        var attempt = 1
        var continuations = 0
        while sink.position < blob.size {
            let before = sink.position
            do throws(RegistryError) {
                try await receive(into: sink)
            } catch {
                guard error.isPassing else { throw error }
                continuations += 1
                guard continuations <= session.limits.continuations else { throw error }
                let after = sink.position
                if after > before { attempt = 1 }
                try await session.pause(after: &attempt, orThrow: error)
                observer.observe(.resumed(blob.digest, bytes: after))
            }
        }
    }

    /// One request, from the sink's position to the end or to the first failure.
    private func receive(into sink: any BlobSink) async throws(RegistryError) {
        var start = sink.position
        var request = WebRequest(.GET, session.endpoint.blob(blob.digest))
        if start > 0 { request.headers = [("Range", "bytes=\(start)-")] }
        let answer = try await session.send(
            request, scopes: [.pull(session.endpoint.repository)], accepting: [200, 206, 416], subject: subject)
        if start > 0, !continues(answer, from: start) {
            try storing { try sink.restart() }
            guard answer.status == 200 else { return }
            start = 0
        }
        guard answer.status == 200 || start > 0 else {
            throw RegistryError(
                .malformed, subject, "\(session.endpoint.name) sent a part where the whole was asked for")
        }
        if let length = answer.contentLength, length != blob.size - start {
            throw RegistryError(
                .sizeMismatch, subject,
                "\(session.endpoint.name) has \(start + length) bytes, the manifest says \(blob.size)")
        }
        try await copy(answer, to: sink, from: start)
    }

    /// Whether a partial answer goes on exactly where we stopped (RFC 9110 section 14.4).
    private func continues(_ answer: WebAnswer, from start: Int64) -> Bool {
        guard answer.status == 206, let range = answer["content-range"] else { return false }
        return range.hasPrefix("bytes \(start)-") && (range.hasSuffix("/\(blob.size)") || range.hasSuffix("/*"))
    }

    private func copy(
        _ answer: WebAnswer, to sink: any BlobSink, from start: Int64
    ) async throws(RegistryError) {
        var position = start
        var pace = ThroughputGuard(session.limits)
        do {
            for try await chunk in answer.body {
                position += Int64(chunk.readableBytes)
                guard position <= blob.size else {
                    throw RegistryError(
                        .sizeMismatch, subject,
                        "\(session.endpoint.name) sends more than the \(blob.size) bytes that the manifest says")
                }
                try append(chunk, to: sink)
                observer.observe(.moved(blob.digest, bytes: position))
                guard pace.isFastEnough(after: chunk.readableBytes) || position == blob.size else {
                    throw RegistryError(.tooSlow, subject, "\(session.endpoint.name) sends too slowly")
                }
            }
        } catch {
            throw TransportFailure.translate(error, subject: subject, origin: answer.address.origin)
        }
        guard position == blob.size else {
            throw RegistryError(.connection, subject, "\(session.endpoint.name) closed the connection too early")
        }
    }

    private func append(_ chunk: ByteBuffer, to sink: any BlobSink) throws(RegistryError) {
        try storing { try chunk.withUnsafeReadableBytes { try sink.append($0) } }
    }

    /// Runs a call of the destination; its error is one of storage, whatever it is.
    private func storing<R>(_ body: () throws -> R) throws(RegistryError) -> R {
        do { return try body() } catch let error as RegistryError { throw error } catch {
            throw RegistryError(.storage, subject, "\(error)")
        }
    }
}
