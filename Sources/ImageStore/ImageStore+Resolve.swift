import JSON
import OCISpec
import SystemCalls

extension ImageStore {
    /// Finds an image by name, digest, or the beginning of its id. Nil when there is none.
    ///
    /// Reads one record; hashes nothing. With a platform, an image for another one isn't found. A name wins over an id that
    /// reads the same.
    public func resolve(
        _ text: String, platform: PlatformChoice? = nil
    ) throws(StoreError) -> StoredImage? {
        guard let image = try find(text) else { return nil }
        if let platform, platform.rank(image.platform) == nil { return nil }
        return image
    }

    private func find(_ text: String) throws(StoreError) -> StoredImage? {
        if let digest = fullDigest(text) { return try image(digest) }
        let reference: ImageReference
        do throws(InvalidReference) { reference = try ImageReference(parsing: text) } catch {
            guard isID(text) else { throw .invalidReference(error) }
            return try image(beginning: text)
        }
        if let image = try image(reference) { return image }
        return isID(text) ? try image(beginning: text) : nil
    }

    /// Finds an image by its full name; a digest finds any image that has it, whatever its name.
    public func image(_ reference: ImageReference) throws(StoreError) -> StoredImage? {
        if let record = try record(at: layout.name(reference)) { return stored(record, reference) }
        guard let digest = reference.digest, let record = try record(at: layout.record(digest)) else { return nil }
        return stored(record, reference)
    }

    /// Finds an image by the digest of its manifest.
    public func image(_ manifest: Digest) throws(StoreError) -> StoredImage? {
        try record(at: layout.record(manifest)).map { stored($0, nil) }
    }

    private func image(beginning id: String) throws(StoreError) -> StoredImage? {
        let digits = id.hasPrefix("sha256:") ? String(id.dropFirst("sha256:".count)) : id
        let matches = try records().filter { $0.hex.hasPrefix(digits) }
        guard matches.count <= 1 else { throw .ambiguous(id, matches: matches.map(\.short).sorted()) }
        guard let match = matches.first else { return nil }
        return try image(match)
    }

    private func fullDigest(_ text: String) -> Digest? {
        Digest(.sha256, hex: text) ?? (try? Digest(parsing: text))
    }

    private func isID(_ text: String) -> Bool {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst("sha256:".count) : text[...]
        return (StoreLimits.shortestID...64).contains(digits.utf8.count)
            && digits.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
            }
    }

    // MARK: Records

    /// The manifests of all records.
    func records() throws(StoreError) -> [Digest] {
        try entries(layout.images).compactMap(StoreLayout.manifest(ofRecord:))
    }

    /// Reads a record; nil when there is no such file.
    func record(at path: String) throws(StoreError) -> ImageRecord? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Files.contents(of: path, limit: StoreLimits.recordBytes)
        } catch {
            // A name whose path is another name's directory, or too long for any file, isn't there either.
            if [.noSuchFile, .notDirectory, .isDirectory, .nameTooLong].contains(error.errno) { return nil }
            throw .system(error)
        }
        let document: JSONNode
        do throws(JSONError) { document = try JSONNode(reading: bytes) } catch {
            throw .damaged(path: path, reason: error.description)
        }
        guard !ImageRecord.isForeign(document) else { throw .foreignFormat(path: path) }
        do throws(JSONError) { return try ImageRecord(json: document) } catch {
            throw .damaged(path: path, reason: error.description)
        }
    }

    /// Reads a record; a damaged one counts as absent. For lists, which one bad file mustn't end.
    func intactRecord(at path: String) throws(StoreError) -> ImageRecord? {
        do throws(StoreError) { return try record(at: path) } catch {
            if case .damaged = error { return nil }
            throw error
        }
    }

    func stored(_ record: ImageRecord, _ reference: ImageReference?) -> StoredImage {
        let form: StoredImage.Form =
            switch record.form {
            case .artifact(let module):
                .artifact(moduleDigest: module.digest, modulePath: layout.blob(module.digest))
            case .layers(let chainID):
                .layers(chainID: chainID, rootPath: rootPath(chainID))
            }
        return StoredImage(reference: reference, record: record, form: form)
    }

    /// The names in a directory of the store; none when it isn't there.
    func entries(_ directory: String) throws(StoreError) -> [String] {
        do throws(SystemCallError) {
            return try Files.names(inDirectory: directory, limit: StoreLimits.directoryEntries)
        } catch {
            if error.errno == .noSuchFile { return [] }
            throw .system(error)
        }
    }
}
