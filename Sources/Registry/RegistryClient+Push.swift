import ContentHashing
import OCISpec

/// An image to push: documents and where their blobs are.
public struct OutgoingImage: Sendable {
    /// One manifest with the blobs that it names.
    public struct Manifest: Sendable {
        public let bytes: [UInt8]
        public let type: MediaType
        public let blobs: [Descriptor]

        public init(bytes: [UInt8], type: MediaType, blobs: [Descriptor]) {
            self.bytes = bytes
            self.type = type
            self.blobs = blobs
        }
    }

    public let manifests: [Manifest]
    /// An index over the manifests, pushed last and under the tag; nil for a single image.
    public let index: (bytes: [UInt8], type: MediaType)?

    public init(manifests: [Manifest], index: (bytes: [UInt8], type: MediaType)? = nil) {
        self.manifests = manifests
        self.index = index
    }
}

extension RegistryClient {
    /// Pushes every blob that the registry lacks, then the manifests, then the index; what names others comes last.
    ///
    /// - Parameters:
    ///   - source: opens a blob for reading.
    ///   - mountCandidates: repositories of the same registry that may have a blob already.
    /// - Returns: the digest of what the tag now names.
    public func push(
        _ image: OutgoingImage, mountCandidates: @escaping @Sendable (Digest) -> [String] = { _ in [] },
        observer: any TransferObserver = SilentObserver(),
        source: @escaping @Sendable (Descriptor) throws -> any BlobSource
    ) async throws(RegistryError) -> Digest {
        var seen: Set<Digest> = []
        let blobs = image.manifests.flatMap(\.blobs).filter { seen.insert($0.digest).inserted }
        observer.observe(.planned(blobs))
        try await Transfers.run(blobs, atOnce: session.limits.parallelBlobs) { blob throws(RegistryError) in
            let opened: any BlobSource
            do { opened = try source(blob) } catch {
                throw RegistryError(.storage, "push \(reference) blob \(blob.digest.short)", "\(error)")
            }
            try await BlobUpload(
                session: session, blob: blob, source: opened, mountCandidates: mountCandidates(blob.digest),
                observer: observer
            ).run()
        }
        let exchange = ManifestExchange(session: session)
        if let index = image.index {
            for manifest in image.manifests { _ = try await put(manifest.bytes, manifest.type, tag: nil, exchange) }
            return try await put(index.bytes, index.type, tag: reference.tag, exchange)
        }
        var last: Digest?
        for manifest in image.manifests {
            last = try await put(manifest.bytes, manifest.type, tag: reference.tag, exchange)
        }
        guard let last else { throw RegistryError(.malformed, "push \(reference)", "there is nothing to push") }
        observer.observe(.manifest(last))
        return last
    }

    private func put(
        _ bytes: [UInt8], _ type: MediaType, tag: String?, _ exchange: ManifestExchange
    ) async throws(RegistryError) -> Digest {
        let digest = Digest.of(bytes, reference.digest?.algorithm ?? .sha256)
        try await exchange.put(bytes, type: type, as: tag ?? digest.description)
        return digest
    }
}
