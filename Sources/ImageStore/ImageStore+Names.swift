import JSON
import OCISpec
import SystemCalls

extension ImageStore {
    /// What `remove` took away.
    public struct Removal: Sendable, Equatable {
        public var names: [ImageReference]
        /// The image, when its last name went; its content goes with the next `prune`.
        public var image: Digest?
    }

    /// Removes a name, and the image with its last name; by id, the image with all its names.
    public func remove(_ text: String) throws(StoreError) -> Removal {
        let lock = try StoreLock.hold(layout.namesLock, exclusive: true)
        defer { lock.release() }
        let found: StoredImage?
        do throws(StoreError) { found = try resolve(text) } catch {
            // A name whose record is damaged can only be taken away.
            guard case .damaged = error, let name = try? ImageReference(parsing: text) else { throw error }
            try unlink(name)
            return Removal(names: [name], image: nil)
        }
        guard let image = found else { throw .notFound(text) }
        let names = try namesOf(image.manifestDigest)
        var removed = names
        if let reference = image.reference {
            removed = names.filter { layout.name($0) == layout.name(reference) }
            // Found by a digest that no name has: the image itself is meant.
            if removed.isEmpty { removed = names }
        }
        for name in removed { try unlink(name) }
        let isLast = removed.count == names.count
        if isLast {
            try storing { () throws(SystemCallError) in try Files.unlink(layout.record(image.manifestDigest)) }
        }
        return Removal(names: removed, image: isLast ? image.manifestDigest : nil)
    }

    /// All images, newest first, each with its names.
    public func list() throws(StoreError) -> [ListedImage] {
        var names: [Digest: [ImageReference]] = [:]
        let inodes = try recordInodes()
        for name in try allNames() {
            if let manifest = try manifest(of: name, inodes) { names[manifest, default: []].append(name) }
        }
        var images: [ListedImage] = []
        for manifest in try records() {
            guard let record = try intactRecord(at: layout.record(manifest)) else { continue }
            let own = (names[manifest] ?? []).sorted { $0.description < $1.description }
            images.append(ListedImage(image: stored(record, own.first), names: own))
        }
        return images.sorted {
            ($1.image.record.imported, $0.image.manifestDigest.hex) < (
                $0.image.record.imported, $1.image.manifestDigest.hex
            )
        }
    }

    /// What `list` had to pass over: every damaged record once, by a name if it has one.
    public func damagedRecords() throws(StoreError) -> [StoreError] {
        var found: [StoreError] = []
        var seen: Set<UInt64> = []
        for path in try allNames().map(layout.name) + records().map(layout.record) {
            guard let status = try? FileStatus.of(path), seen.insert(status.inode).inserted else { continue }
            do throws(StoreError) { _ = try record(at: path) } catch {
                guard case .damaged = error else { throw error }
                found.append(error)
            }
        }
        return found
    }

    // MARK: Name entries

    func namesOf(_ manifest: Digest) throws(StoreError) -> [ImageReference] {
        guard let status = try? FileStatus.of(layout.record(manifest)) else { return [] }
        let records = [status.inode: manifest]
        var own: [ImageReference] = []
        for name in try allNames() where try self.manifest(of: name, records) == manifest { own.append(name) }
        return own
    }

    /// The manifests of all records by the inodes of their files, which names share with them.
    func recordInodes() throws(StoreError) -> [UInt64: Digest] {
        var inodes: [UInt64: Digest] = [:]
        for manifest in try records() {
            if let status = try? FileStatus.of(layout.record(manifest)) { inodes[status.inode] = manifest }
        }
        return inodes
    }

    /// The image that a name means; nil when its record is damaged.
    ///
    /// A name that a crash kept from following its record has another inode: then its own copy is read.
    func manifest(of name: ImageReference, _ records: [UInt64: Digest]) throws(StoreError) -> Digest? {
        let path = layout.name(name)
        if let status = try? FileStatus.of(path), let manifest = records[status.inode] { return manifest }
        return try intactRecord(at: path)?.manifest.digest
    }

    /// Every name of the store.
    func allNames() throws(StoreError) -> [ImageReference] {
        var found: [ImageReference] = []
        try collectNames(below: "", depth: 0, into: &found)
        return found
    }

    private func collectNames(
        below path: String, depth: Int, into found: inout [ImageReference]
    ) throws(StoreError) {
        guard depth <= StoreLimits.nameDepth else { return }
        for entry in try entries("\(layout.names)/\(path)") {
            if entry.hasPrefix(":") || entry.hasPrefix("@") {
                if let name = try? ImageReference(parsing: path + entry) { found.append(name) }
            } else {
                try collectNames(below: path.isEmpty ? entry : "\(path)/\(entry)", depth: depth + 1, into: &found)
            }
        }
    }

    func write(_ record: ImageRecord, to path: String) throws(StoreError) {
        try storing { () throws(SystemCallError) in
            try Files.replace(
                path, by: record.json.bytes(), mode: 0o600, temporary: temporaryPath("record"), isDurable: true)
        }
    }

    func link(_ record: String, to name: ImageReference) throws(StoreError) {
        let temporary = temporaryPath("name")
        try storing("linkat", temporary) { () throws(Errno) in
            try FileCalls.link(
                record, in: Files.currentDirectory, to: temporary, in: Files.currentDirectory)
        }
        // rename(2) of two links to one file does nothing and leaves both: the temporary one goes in any case.
        defer { try? Files.unlink(temporary) }
        try storing { () throws(SystemCallError) in
            try Self.makeParents(layout.repository(name), mode: 0o700)
            try Files.rename(temporary, to: layout.name(name))
        }
    }

    func unlink(_ name: ImageReference) throws(StoreError) {
        try storing { () throws(SystemCallError) in try Files.unlink(layout.name(name)) }
        // Empty directories above the name go too; the first one in use ends it.
        var path = layout.repository(name)
        while path.utf8.count > layout.names.utf8.count, (try? Files.removeDirectory(path)) != nil {
            guard let slash = path.lastIndex(of: "/") else { return }
            path = String(path[..<slash])
        }
    }
}
