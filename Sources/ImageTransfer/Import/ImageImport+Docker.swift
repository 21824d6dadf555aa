import ContentHashing
import ImageStore
import JSON
import OCISpec
import SystemCalls

extension ImageImport {
    /// Imports from `docker save`: each image gets a manifest of the image specification, since the archive has none.
    func importDocker(_ content: ArchiveContent, _ session: StoreSession) throws(TransferError) -> [StagedImage] {
        guard let bytes = try content.document(DockerArchiveImage.manifest, limit: limits.documentBytes) else {
            throw TransferError(.notAnImage, content.name, "has no \(DockerArchiveImage.manifest)")
        }
        let all = try decoding("\(content.name): \(DockerArchiveImage.manifest)") { () throws(JSONError) in
            try DockerArchiveImage.list(json: try JSONNode(reading: bytes))
        }
        let selected = all.filter(isSelected)
        try checkCount(selected.count, all.flatMap(\.repositoryTags), content.name)
        var images: [StagedImage] = []
        do throws(TransferError) {
            for image in selected { images.append(try importDocker(image, content, session)) }
        } catch {
            images.withdraw()
            throw error
        }
        return images
    }

    private func isSelected(_ image: DockerArchiveImage) -> Bool {
        guard let selection else { return true }
        let wanted = try? ImageReference(parsing: selection)
        return image.repositoryTags.contains {
            $0 == selection || (wanted != nil && wanted == (try? ImageReference(parsing: $0)))
        }
    }

    private func importDocker(
        _ image: DockerArchiveImage, _ content: ArchiveContent, _ session: StoreSession
    ) throws(TransferError) -> StagedImage {
        let configuration = try configurationBlob(image, content)
        try checkPlatform(configuration, content, image.configuration)
        try deliver(image.configuration, as: configuration, content, session)
        var layers: [Descriptor] = []
        for path in image.layers {
            let layer = try layerBlob(path, content)
            try deliver(path, as: layer, content, session)
            layers.append(layer)
        }
        let manifest = ImageManifest(configuration: configuration, layers: layers)
        let bytes = manifest.json.bytes()
        let descriptor = Descriptor(mediaType: .imageManifest, digest: .of(bytes), size: Int64(bytes.count))
        try storing { () throws(StoreError) in
            try session.writeBlob(bytes, digest: descriptor.digest, hash: ContentHasher(.sha256))
        }
        return try ImageRegistration.stage(
            manifest: descriptor, names: names(of: image, content.name), in: session)
    }

    private func configurationBlob(
        _ image: DockerArchiveImage, _ content: ArchiveContent
    ) throws(TransferError) -> Descriptor {
        guard let file = content.content(image.configuration) else {
            throw TransferError(
                .notFound, content.name, "names the configuration \(quoted(image.configuration)), which it doesn't hold"
            )
        }
        // The file is called after its digest, and that is all the archive has to check it by.
        let leaf = image.configuration.pathParts.last ?? ""
        let stem = leaf.hasSuffix(".json") ? String(leaf.dropLast(".json".count)) : leaf
        if let named = Digest(.sha256, hex: stem), named != file.digest {
            throw TransferError(
                .mismatch, "\(content.name): \(image.configuration)", "its content has the digest \(file.digest)")
        }
        return Descriptor(mediaType: .imageConfiguration, digest: file.digest, size: file.size)
    }

    private func checkPlatform(
        _ blob: Descriptor, _ content: ArchiveContent, _ path: String
    ) throws(TransferError) {
        guard platform != .standard, let bytes = try content.document(path, limit: limits.documentBytes) else { return }
        let found = try decoding("\(content.name): \(path)") { () throws(JSONError) in
            try ImageConfiguration(json: try JSONNode(reading: bytes)).platform
        }
        guard platform.rank(found) == nil else { return }
        throw TransferError(.noMatchingPlatform, content.name, "has no image for \(platform); there is \(found)")
    }

    /// A layer of the archive. Docker leaves it uncompressed, other tools don't, so the first bytes decide.
    private func layerBlob(_ path: String, _ content: ArchiveContent) throws(TransferError) -> Descriptor {
        guard let file = content.content(path) else {
            throw TransferError(.notFound, content.name, "names the layer \(quoted(path)), which it doesn't hold")
        }
        let leaf = path.pathParts.last ?? ""
        let stem = leaf.hasSuffix(".tar") ? String(leaf.dropLast(".tar".count)) : leaf
        let head = try content.firstBytes(path, count: 4)
        let type: MediaType =
            if head.starts(with: [0x1F, 0x8B]) {
                .layerGzip
            } else if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
                .layerZstd
            } else {
                .layer
            }
        if type == .layer, let named = Digest(.sha256, hex: stem), named != file.digest {
            throw TransferError(.mismatch, "\(content.name): \(path)", "its content has the digest \(file.digest)")
        }
        return Descriptor(mediaType: type, digest: file.digest, size: file.size)
    }

    private func deliver(
        _ path: String, as blob: Descriptor, _ content: ArchiveContent, _ session: StoreSession
    ) throws(TransferError) {
        guard !session.store.hasIntactContent(blob) else { return progress.observe(.present(blob)) }
        progress.observe(.copying(blob))
        try content.deliver(path, as: blob, to: session)
    }

    private func names(of image: DockerArchiveImage, _ path: String) -> [ImageReference] {
        if let name { return [name] }
        let tags = image.repositoryTags.compactMap { try? ImageReference(parsing: $0) }
        return tags.isEmpty ? Self.name(fromPath: path, tag: nil).map { [$0] } ?? [] : tags
    }
}
