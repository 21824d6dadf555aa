import OCISpec

/// An image as it was pulled: the documents, whose blobs are all in the destination.
public struct PulledImage: Equatable, Sendable {
    /// A manifest or index in the exact bytes of the registry.
    public struct Document: Equatable, Sendable {
        public let descriptor: Descriptor
        public let bytes: [UInt8]
    }

    /// What the reference names: an index, or the manifest itself.
    public let top: Document
    /// Indexes passed on the way to the manifest, outermost first; begins with `top` when that is an index.
    public let indexes: [Document]
    public let manifestDocument: Document
    public let manifest: ImageManifest
    /// The platform that the index names for the manifest.
    public let platform: Platform?
}

extension RegistryClient {
    /// What the reference names in the registry at this moment, without reading it.
    public func currentDigest() async throws(RegistryError) -> Digest {
        try await exchange.fetch(wanted).descriptor.digest
    }

    /// Pulls the image for a platform: documents first, then the configuration and all layers side by side.
    ///
    /// The destination has every blob, checked, when this returns; the caller names the image there.
    public func pull(
        platform: PlatformChoice, into destination: any BlobDestination,
        observer: any TransferObserver = SilentObserver()
    ) async throws(RegistryError) -> PulledImage {
        let image = try await resolve(platform)
        observer.observe(.manifest(image.manifestDocument.descriptor.digest))
        var seen: Set<Digest> = []
        // Several layers may be the same blob: two writers of one blob would be in each other's way.
        let blobs = ([image.manifest.configuration] + image.manifest.layers).filter { seen.insert($0.digest).inserted }
        try check(blobs)
        observer.observe(.planned(blobs))
        try await Transfers.run(blobs, atOnce: session.limits.parallelBlobs) { blob throws(RegistryError) in
            try await BlobDownload(session: session, blob: blob, destination: destination, observer: observer).run()
        }
        return image
    }

    private var exchange: ManifestExchange { ManifestExchange(session: session) }

    /// A digest says more than the tag beside it.
    private var wanted: String { reference.digest?.description ?? reference.tag ?? "latest" }

    private func resolve(_ choice: PlatformChoice) async throws(RegistryError) -> PulledImage {
        var indexes: [PulledImage.Document] = []
        var platform: Platform?
        var received = try await exchange.fetch(wanted)
        let top = received.published
        while case .index(let index) = received.document {
            indexes.append(received.published)
            guard indexes.count <= session.limits.indexDepth else {
                throw RegistryError(
                    .malformed, "pull \(reference)",
                    "has more than \(session.limits.indexDepth) indexes within each other")
            }
            let entry = try select(from: index, choice)
            platform = entry.platform ?? platform
            received = try await exchange.fetch(entry.digest.description, expecting: entry)
        }
        guard case .manifest(let manifest) = received.document else {
            throw RegistryError(.malformed, "pull \(reference)", "is neither a manifest nor an index")
        }
        return PulledImage(
            top: top, indexes: indexes, manifestDocument: received.published, manifest: manifest, platform: platform)
    }

    /// The entry for the wanted platform; a lone entry without a platform is taken as it is, its blobs say what it holds.
    private func select(from index: ImageIndex, _ choice: PlatformChoice) throws(RegistryError) -> Descriptor {
        let images = index.manifests.filter { !$0.isAttestation }
        if let best = choice.best(of: images, platform: \.platform) { return best }
        let unnamed = images.filter { $0.platform == nil }
        if unnamed.count == 1 { return unnamed[0] }
        let there = images.compactMap { $0.platform?.description }
        let listed = there.isEmpty ? "none with a platform" : Set(there).sorted().prefix(12).joined(separator: ", ")
        throw RegistryError(
            .noMatchingPlatform, "pull \(reference)",
            "has no image for \(choice); there is \(ErrorAnswer.printable(listed))",
            advice: "choose one with --platform")
    }

    private func check(_ blobs: [Descriptor]) throws(RegistryError) {
        var sum: Int64 = 0
        for blob in blobs {
            let (next, overflow) = sum.addingReportingOverflow(blob.size)
            sum = overflow ? .max : next
        }
        guard sum <= session.limits.imageBytes else {
            throw RegistryError(
                .tooLarge, "pull \(reference)",
                "has \(sum) bytes of blobs, at most \(session.limits.imageBytes) are read")
        }
    }
}

extension ManifestExchange.Received {
    fileprivate var published: PulledImage.Document { .init(descriptor: descriptor, bytes: bytes) }
}
