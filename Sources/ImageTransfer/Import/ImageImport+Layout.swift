import ImageStore
import JSON
import OCISpec
import SystemCalls

extension ImageImport {
    /// One image of a layout: the entries of `index.json` that share a name, of which the platform chooses one.
    private struct Group {
        var layoutName: String?
        var entries: [Descriptor]
    }

    func importLayout(_ content: some ImageContent, _ session: StoreSession) throws(TransferError) -> [StagedImage] {
        try checkMarker(content)
        let groups = try groups(try index(content))
        let selected = groups.filter { isSelected($0, among: groups.count) }
        try checkCount(selected.count, groups.compactMap(\.layoutName), content.name)
        var images: [StagedImage] = []
        do throws(TransferError) {
            for group in selected { images.append(try importImage(group, content, session)) }
        } catch {
            images.withdraw()
            throw error
        }
        return images
    }

    private func checkMarker(_ content: some ImageContent) throws(TransferError) {
        guard let marker = try content.document(ImageLayout.marker, limit: limits.documentBytes) else { return }
        try decoding("\(content.name): \(ImageLayout.marker)") { () throws(JSONError) in
            try ImageLayout.checkMarker(try JSONNode(reading: marker))
        }
    }

    private func index(_ content: some ImageContent) throws(TransferError) -> ImageIndex {
        guard let bytes = try content.document(ImageLayout.index, limit: limits.documentBytes) else {
            throw TransferError(.notAnImage, content.name, "has no \(ImageLayout.index)")
        }
        return try decoding("\(content.name): \(ImageLayout.index)") { () throws(JSONError) in
            try ImageIndex(json: try JSONNode(reading: bytes))
        }
    }

    /// Entries with one name are one image for several platforms; so are all that have no name.
    private func groups(_ index: ImageIndex) throws(TransferError) -> [Group] {
        var groups: [Group] = []
        var places: [String?: Int] = [:]
        for entry in index.manifests where !entry.isAttestation {
            let name = entry.layoutName
            if let place = places[name] {
                groups[place].entries.append(entry)
            } else {
                places[name] = groups.count
                groups.append(Group(layoutName: name, entries: [entry]))
            }
        }
        return groups
    }

    private func isSelected(_ group: Group, among count: Int) -> Bool {
        guard let selection else { return true }
        guard let name = group.layoutName else { return false }
        if name == selection { return true }
        // `1.0` finds `example.org/app:1.0`, and the other way round.
        let wanted = try? ImageReference(parsing: selection)
        let there = try? ImageReference(parsing: name)
        return there?.tag == selection || wanted?.tag == name || (wanted != nil && wanted == there)
    }

    private func importImage(
        _ group: Group, _ content: some ImageContent, _ session: StoreSession
    ) throws(TransferError) -> StagedImage {
        let limit = limits.documentBytes
        let label = group.layoutName.map { "\(content.name) (\($0))" } ?? content.name
        let selected = try withoutActuallyEscaping({ (descriptor: Descriptor) throws(TransferError) -> [UInt8] in
            try content.document(descriptor, limit: limit)
        }) { (read) throws(TransferError) in
            try ManifestSelection(subject: label, choice: platform, read: read).select(among: group.entries)
        }
        try ImageRegistration.checkForm(of: selected.manifest, label)
        try copyBlobs(of: selected, content, session)
        return try ImageRegistration.stage(
            manifest: selected.descriptor, index: selected.index, names: names(of: group, content.name), in: session)
    }

    private func copyBlobs(
        of selected: ManifestSelection.Selected, _ content: some ImageContent, _ session: StoreSession
    ) throws(TransferError) {
        let blobs = [selected.manifest.configuration] + selected.manifest.layers + [selected.descriptor]
        for blob in blobs {
            guard blob.size <= limits.blobBytes else {
                throw TransferError(
                    .tooLarge, "\(content.name): blob \(blob.digest)",
                    "has \(blob.size) bytes, at most \(limits.blobBytes) are read")
            }
            guard !session.store.hasIntactContent(blob) else {
                progress.observe(.present(blob))
                continue
            }
            progress.observe(.copying(blob))
            try content.deliver(ImageLayout.path(of: blob.digest), as: blob, to: session)
        }
    }

    private func names(of group: Group, _ path: String) -> [ImageReference] {
        if let name { return [name] }
        guard let layoutName = group.layoutName else { return Self.name(fromPath: path, tag: nil).map { [$0] } ?? [] }
        let isWhole = layoutName.contains("/") || layoutName.contains(":")
        if isWhole, let reference = try? ImageReference(parsing: layoutName) { return [reference] }
        return Self.name(fromPath: path, tag: layoutName).map { [$0] } ?? []
    }

    /// Calls an image after the file it came from: `/tmp/Hello.tar.gz` is `hello`.
    static func name(fromPath path: String, tag: String?) -> ImageReference? {
        var base = path.pathParts.last.map { $0.lowercased() } ?? ""
        for ending in [".gz", ".tgz", ".zst", ".xz", ".tar", ".oci", ".wasm", ".wat"] where base.hasSuffix(ending) {
            base.removeLast(ending.count)
        }
        let allowed = base.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = String(allowed).split(separator: "-").joined(separator: "-")
        let tag = tag.flatMap { ImageReference.isTag($0) ? $0 : nil } ?? "latest"
        return try? ImageReference(parsing: "\(trimmed.isEmpty ? "image" : trimmed):\(tag)")
    }
}
