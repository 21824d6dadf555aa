import OCISpec
import SystemCalls

extension ImageStore {
    /// Begins to add to the store. As long as a session lives, `prune` removes nothing.
    public func session() throws(StoreError) -> StoreSession {
        StoreSession(self, try StoreLock.hold(layout.storeLock, exclusive: false))
    }
}

/// The write side of a store: adds blobs, then the record that makes an image of them.
///
/// Any number of sessions, of one process or many, may be open at once; tasks may share one.
public final class StoreSession: Sendable {
    public let store: ImageStore
    private let lock: StoreLock

    init(_ store: ImageStore, _ lock: StoreLock) {
        self.store = store
        self.lock = lock
    }

    /// Begins to write a blob.
    ///
    /// - Parameter resuming: continue where an earlier writer for the same digest broke off, if nobody else does just now.
    public func beginBlob(
        _ digest: Digest, size: Int64, hash: any ContentHash, resuming: Bool = false
    ) throws(StoreError) -> BlobWriter {
        try BlobWriter(session: self, digest: digest, size: size, hash: hash, resuming: resuming)
    }

    /// Writes a small blob that is in memory. One that is there already stays.
    public func writeBlob(_ bytes: [UInt8], digest: Digest, hash: any ContentHash) throws(StoreError) {
        let writer = try beginBlob(digest, size: Int64(bytes.count), hash: hash)
        try writer.write(bytes)
        try writer.commit()
    }

    /// Takes over a file of the store's `tmp` as a blob. The caller has computed its digest.
    public func adopt(_ path: String, verified digest: Digest) throws(StoreError) {
        try storing { () throws(SystemCallError) in
            let file = try Files.open(path, flags: .readOnly)
            try synchronize(file.rawValue, path)
            try Files.rename(path, to: store.layout.blob(digest))
        }
    }

    /// Keeps a record and lets the names mean it from now on; names that meant another image are taken over.
    ///
    /// The blobs of the image must be in the store already.
    @discardableResult
    public func commit(_ record: ImageRecord, names: [ImageReference]) throws(StoreError) -> StoredImage {
        try checkContent(of: record)
        let layout = store.layout
        let namesLock = try StoreLock.hold(layout.namesLock, exclusive: true)
        defer { namesLock.release() }
        let path = layout.record(record.manifest.digest)
        // A record is written anew when the image comes again, since its index may differ: every name follows it.
        let old = try store.namesOf(record.manifest.digest)
        try store.write(record, to: path)
        for name in Set(old + names) { try store.link(path, to: name) }
        return store.stored(record, names.first)
    }

    /// Keeps a record without letting any name mean it, so that the image can be unpacked before it takes a name over.
    ///
    /// The blobs of the image must be in the store already.
    public func stage(_ record: ImageRecord, names: [ImageReference]) throws(StoreError) -> StagedImage {
        try checkContent(of: record)
        let path = store.layout.record(record.manifest.digest)
        let lock = try StoreLock.hold(store.layout.namesLock, exclusive: true)
        defer { lock.release() }
        // The same manifest has the same layers: a record that is there does as well.
        let isNew = try store.intactRecord(at: path) == nil
        if isNew { try store.write(record, to: path) }
        return StagedImage(
            image: store.stored(record, names.first), names: names, isNew: isNew, session: self)
    }

    private func checkContent(of record: ImageRecord) throws(StoreError) {
        for digest in record.content where !store.hasContent(digest) {
            throw .damaged(path: store.contentPath(digest), reason: "is missing")
        }
    }

    /// Begins to unpack a root, waiting for another process that does the same. Nil when it is there already.
    public func beginRoot(_ chainID: Digest) throws(StoreError) -> RootWriter? {
        if store.rootPath(chainID) != nil { return nil }
        let lock = try StoreLock.hold(store.layout.rootLock(chainID), exclusive: true)
        if store.rootPath(chainID) != nil { return nil }
        return try RootWriter(session: self, chainID: chainID, lock)
    }
}
