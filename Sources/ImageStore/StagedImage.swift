import OCISpec
import SystemCalls

/// An image whose content and record are in the store, but which has none of its names yet.
///
/// It ends with `commit` or `withdraw`; after a crash `prune` takes it, since nothing names it. Its session lives as long.
public struct StagedImage: Sendable {
    public let image: StoredImage
    /// The names it gets.
    public let names: [ImageReference]
    /// Whether its record wasn't there before.
    let isNew: Bool
    let session: StoreSession

    /// Lets the names mean the image from now on.
    @discardableResult
    public func commit() throws(StoreError) -> StoredImage { try session.commit(image.record, names: names) }

    /// Takes the record away again, unless it was there before or has got a name meanwhile.
    public func withdraw() throws(StoreError) {
        guard isNew else { return }
        let store = session.store
        let lock = try StoreLock.hold(store.layout.namesLock, exclusive: true)
        defer { lock.release() }
        guard try store.namesOf(image.manifestDigest).isEmpty else { return }
        do throws(SystemCallError) { try Files.unlink(store.layout.record(image.manifestDigest)) } catch {
            if error.errno != .noSuchFile { throw .system(error) }
        }
    }
}
