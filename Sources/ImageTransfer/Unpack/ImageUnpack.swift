import Archive
import ImageStore
import LayerUnpacking
import OCISpec
import SystemCalls

/// Unpacks the layers of a stored image into the store's root for its chain id.
///
/// Made to run in a process of its own that has no more privileges than it needs; the commands see to that.
public struct ImageUnpack: Sendable {
    public var limits = UnpackLimits.standard
    public var privileges = UnpackPrivileges.ofThisProcess
    /// A second thread decompresses and hashes. False for a process that forks later.
    public var readAhead = true
    public var progress: any TransferProgress = SilentProgress()

    public init() {}

    /// What an unpacking left: the root, and what was done when it wasn't there before.
    public struct Outcome: Sendable, Equatable {
        public let rootPath: String
        /// Nil when another unpacking, earlier or at the same time, had done it.
        public let summary: UnpackSummary?
    }

    /// Unpacks once: a root that is there is used, another process at work on it is waited for, a failure leaves nothing.
    ///
    /// Each layer's uncompressed bytes are checked against the diff id of the configuration.
    public func run(_ image: StoredImage, in store: ImageStore) throws(TransferError) -> Outcome {
        guard case .layers(let chainID, _) = image.form else {
            throw TransferError(
                .badRequest, image.label, "is a wasm artifact: it has no file system to unpack",
                advice: "run it as it is")
        }
        let session = try storing { () throws(StoreError) in try store.session() }
        guard let writer = try storing({ () throws(StoreError) in try session.beginRoot(chainID) }) else {
            guard let path = store.rootPath(chainID) else {
                throw TransferError(
                    .notFound, image.label, "its root file system was removed just now", advice: "try again")
            }
            return Outcome(rootPath: path, summary: nil)
        }
        let summary = try unpack(image, into: writer.path, store)
        try storing { () throws(StoreError) in try writer.commit() }
        guard let path = store.rootPath(chainID) else {
            throw TransferError(
                .notFound, image.label, "its root file system was removed just now", advice: "try again")
        }
        return Outcome(rootPath: path, summary: summary)
    }

    private func unpack(
        _ image: StoredImage, into path: String, _ store: ImageStore
    ) throws(TransferError) -> UnpackSummary {
        let layers = image.record.layers
        let diffIDs = image.configuration.diffIDs
        guard layers.count == diffIDs.count else {
            throw TransferError(.malformed, image.label, "has \(layers.count) layers and \(diffIDs.count) diff ids")
        }
        let root = try calling(path) { () throws(SystemCallError) in
            try Files.open(path, flags: [.readOnly, .directory, .noFollow])
        }
        let unpacker: LayerUnpacker
        do throws(UnpackError) {
            unpacker = try LayerUnpacker(root: root, limits: limits, privileges: privileges)
        } catch { throw TransferError(error, in: image.label) }
        for (number, (layer, diffID)) in zip(layers, diffIDs).enumerated() {
            progress.observe(.unpacking(layer: number + 1, of: layers.count, layer))
            let blob = try storing { () throws(StoreError) in try store.openContent(layer.digest) }
            let hasher = ContentHasher(diffID.algorithm)
            do throws(UnpackError) {
                try unpacker.apply(DescriptorSource(blob), taps: ArchiveTaps(content: hasher), readAhead: readAhead)
            } catch {
                // A layer that was damaged here isn't the image's fault.
                if case .limitReached = error.reason {} else { try store.checkContent(layer) }
                throw TransferError(error, in: image.label)
            }
            let found = hasher.digest()
            guard found == diffID else {
                try store.checkContent(layer)
                throw TransferError(
                    .mismatch, "\(image.label), layer \(number + 1)",
                    "its uncompressed content has the digest \(found), the configuration says \(diffID)")
            }
        }
        return unpacker.summary
    }
}

extension StoredImage {
    /// What messages call an image.
    public var label: String { "image \(reference?.familiar ?? manifestDigest.short)" }
}
