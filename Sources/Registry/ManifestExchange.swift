import ContentHashing
import JSON
import NIOHTTP1
import OCISpec

/// Reads and writes manifests and indexes of one repository (distribution specification, "Pulling manifests", "Pushing
/// Manifests").
struct ManifestExchange {
    /// A manifest or index as it came, with its digest checked.
    struct Received: Equatable {
        let descriptor: Descriptor
        let bytes: [UInt8]
        let document: ManifestDocument
    }

    /// What this client can read, most wanted first; single manifests last, so that a registry sends the index when it has one.
    static let accepted: [MediaType] = [.imageIndex, .dockerManifestList, .imageManifest, .dockerManifest]

    let session: RegistrySession

    /// Fetches by tag or digest.
    func fetch(_ reference: String, expecting expected: Descriptor? = nil) async throws(RegistryError) -> Received {
        let subject = "pull \(session.endpoint.name)/\(session.endpoint.repository) manifest \(reference)"
        let accept = Self.accepted.map(\.rawValue).joined(separator: ", ")
        let request = WebRequest(.GET, session.endpoint.manifest(reference), headers: [("Accept", accept)])
        let answer = try await session.send(
            request, scopes: [.pull(session.endpoint.repository)], accepting: [200], subject: subject)
        let bytes = try await answer.collect(
            limit: session.limits.manifestBytes, limits: session.limits, subject: subject)
        if let expected, expected.size != Int64(bytes.count) {
            throw RegistryError(
                .sizeMismatch, subject, "has \(bytes.count) bytes, its index says \(expected.size)")
        }
        let digest = try verify(bytes, reference, answer, subject)
        let type = try mediaType(of: answer, subject)
        do {
            let document = try ManifestDocument(reading: bytes, mediaType: type)
            let descriptor = Descriptor(mediaType: document.mediaType, digest: digest, size: Int64(bytes.count))
            return Received(descriptor: descriptor, bytes: bytes, document: document)
        } catch {
            throw RegistryError(.malformed, subject, "\(error)")
        }
    }

    /// Puts a manifest or index under a tag or its digest, in exactly these bytes.
    func put(_ bytes: [UInt8], type: MediaType, as reference: String) async throws(RegistryError) {
        let subject = "push \(session.endpoint.name)/\(session.endpoint.repository) manifest \(reference)"
        let request = WebRequest(
            .PUT, session.endpoint.manifest(reference), headers: [("Content-Type", type.rawValue)], body: .bytes(bytes))
        let answer = try await session.send(
            request, scopes: [.push(session.endpoint.repository)], accepting: [200, 201, 202], subject: subject)
        guard let text = answer["docker-content-digest"], let theirs = try? Digest(parsing: text) else { return }
        guard theirs == Digest.of(bytes, theirs.algorithm) else {
            throw RegistryError(
                .digestMismatch, subject, "\(session.endpoint.name) stored it as \(theirs), which are other bytes")
        }
    }

    /// The digest of what came, after every statement about it was found to be true.
    private func verify(
        _ bytes: [UInt8], _ reference: String, _ answer: WebAnswer, _ subject: String
    ) throws(RegistryError) -> Digest {
        let asked = try? Digest(parsing: reference)
        let actual = Digest.of(bytes, asked?.algorithm ?? .sha256)
        if let asked, asked != actual {
            throw RegistryError(.digestMismatch, subject, "\(session.endpoint.name) sent \(actual) instead")
        }
        // The header may use another algorithm; what we can't compute proves nothing and is passed over.
        if let text = answer["docker-content-digest"], let said = try? Digest(parsing: text),
            said != Digest.of(bytes, said.algorithm)
        {
            throw RegistryError(
                .digestMismatch, subject, "\(session.endpoint.name) calls it \(said), but its bytes are \(actual)")
        }
        return actual
    }

    /// The type that the registry declares, when it is one that says something.
    private func mediaType(of answer: WebAnswer, _ subject: String) throws(RegistryError) -> MediaType? {
        guard let text = answer.mediaType else { return nil }
        let type = MediaType(text)
        if type.isIndex || type.isManifest || type.isSchema1 { return type }
        // Some registries label every manifest like any JSON; the document then says what it is.
        if ["application/json", "text/plain", "application/octet-stream", ""].contains(text) { return nil }
        throw RegistryError(
            .unsupported, subject, "is \(ErrorAnswer.printable(text)), which isn't an image that martlet knows")
    }
}

extension ManifestDocument {
    fileprivate var mediaType: MediaType {
        switch self {
        case .manifest(let manifest): manifest.mediaType
        case .index(let index): index.mediaType
        }
    }
}
