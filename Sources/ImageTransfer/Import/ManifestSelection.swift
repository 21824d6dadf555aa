import JSON
import OCISpec

/// Finds the manifest for a platform in an index, through nested indexes.
///
/// Bounded in depth and in entries; a document is read once, however many indexes name it.
struct ManifestSelection {
    let subject: String
    let choice: PlatformChoice
    /// Reads a document of the image, checked against its descriptor.
    let read: (Descriptor) throws(TransferError) -> [UInt8]

    struct Selected {
        let descriptor: Descriptor
        let manifest: ImageManifest
        /// The outermost index on the way, if there was one.
        let index: Digest?
    }

    private struct Candidate {
        let descriptor: Descriptor
        let index: Digest?
    }

    /// The manifest among some entries: of a layout's index, or what a registry returned.
    func select(among entries: [Descriptor]) throws(TransferError) -> Selected {
        var candidates: [Candidate] = []
        var seen: Set<Digest> = []
        try collect(entries, depth: 0, top: nil, &candidates, &seen)
        if let best = choice.best(of: candidates, platform: \.descriptor.platform) { return try open(best) }
        // What names no platform says it in its configuration.
        let unnamed = candidates.filter { $0.descriptor.platform == nil }
        if unnamed.count == 1, candidates.count == 1 {
            let selected = try open(unnamed[0])
            try checkPlatform(of: selected)
            return selected
        }
        var described: [(candidate: Candidate, platform: Platform)] = []
        for candidate in unnamed {
            guard let platform = try platform(of: try open(candidate)) else { continue }
            described.append((candidate, platform))
        }
        if let best = choice.best(of: described, platform: \.platform) { return try open(best.candidate) }
        throw noMatch(candidates.compactMap(\.descriptor.platform) + described.map(\.platform))
    }

    private func collect(
        _ entries: [Descriptor], depth: Int, top: Digest?, _ candidates: inout [Candidate], _ seen: inout Set<Digest>
    ) throws(TransferError) {
        guard depth <= SpecificationLimits.indexDepth else {
            throw TransferError(
                .tooLarge, subject, "has more than \(SpecificationLimits.indexDepth) indexes within each other")
        }
        for entry in entries where !entry.isAttestation && seen.insert(entry.digest).inserted {
            guard seen.count <= SpecificationLimits.nestedEntries else {
                throw TransferError(
                    .tooLarge, subject, "names more than \(SpecificationLimits.nestedEntries) manifests in its indexes")
            }
            if entry.mediaType.essence.isSchema1 {
                throw TransferError(
                    .unsupported, subject, "is in Docker's schema 1, which isn't supported",
                    advice: "push the image again with a current tool")
            }
            let top = top ?? (entry.mediaType.essence.isIndex ? entry.digest : nil)
            guard entry.mediaType.essence.isIndex else {
                if entry.mediaType.essence.isManifest || entry.mediaType.rawValue.isEmpty {
                    candidates.append(Candidate(descriptor: entry, index: top))
                }
                // Other types are somebody else's; the specification demands that they are passed over.
                continue
            }
            guard case .index(let index) = try document(entry) else {
                throw TransferError(.malformed, blob(entry), "is no index, though its descriptor says so")
            }
            try collect(index.manifests, depth: depth + 1, top: top, &candidates, &seen)
        }
    }

    private func open(_ candidate: Candidate) throws(TransferError) -> Selected {
        switch try document(candidate.descriptor) {
        case .manifest(let manifest):
            return Selected(descriptor: candidate.descriptor, manifest: manifest, index: candidate.index)
        case .index:
            throw TransferError(
                .malformed, blob(candidate.descriptor), "is an index, though its descriptor doesn't say so")
        }
    }

    private func document(_ descriptor: Descriptor) throws(TransferError) -> ManifestDocument {
        let bytes = try read(descriptor)
        return try decoding(blob(descriptor)) { () throws(JSONError) in
            try ManifestDocument(reading: bytes, mediaType: descriptor.mediaType)
        }
    }

    private func blob(_ descriptor: Descriptor) -> String { "\(subject): blob \(descriptor.digest)" }

    private func platform(of selected: Selected) throws(TransferError) -> Platform? {
        let descriptor = selected.manifest.configuration
        guard descriptor.mediaType.essence.isImageConfiguration || descriptor.mediaType.essence.isWasmConfiguration
        else {
            return selected.manifest.form == .unknown(artifactType: "")
                ? nil : Platform(os: "wasi", architecture: "wasm")
        }
        let bytes = try read(descriptor)
        let platform = try decoding(blob(descriptor)) { () throws(JSONError) in
            try ImageConfiguration(json: try JSONNode(reading: bytes)).platform
        }
        return platform.os.isEmpty ? nil : platform
    }

    /// A lone image is taken whatever it says it is made for, unless somebody asked for a platform.
    private func checkPlatform(of selected: Selected) throws(TransferError) {
        guard choice != .standard, let platform = try platform(of: selected), choice.rank(platform) == nil else {
            return
        }
        throw noMatch([platform])
    }

    private func noMatch(_ there: [Platform]) -> TransferError {
        let listed = Set(there.map(\.description)).sorted().prefix(12).joined(separator: ", ")
        return TransferError(
            .noMatchingPlatform, subject,
            "has no image for \(choice); there is \(listed.isEmpty ? "none with a platform" : listed)",
            advice: "choose one with --platform")
    }
}
