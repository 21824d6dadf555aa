import OCISpec
import SystemCalls

extension ImageStore {
    /// What `prune` took away.
    public struct PruneReport: Sendable, Equatable {
        /// Images without a name.
        public var images: [Digest] = []
        public var blobs = 0
        /// Bytes of the blobs.
        public var bytes: Int64 = 0
        public var roots = 0
        /// Unfinished work of processes that ended in the middle of it.
        public var unfinished = 0
    }

    /// Removes images without names, content and roots that no image needs, and what crashes left behind.
    ///
    /// Refused while anybody adds content. A root in use by a lease stays.
    public func prune() throws(StoreError) -> PruneReport {
        guard let lock = try StoreLock.tryHold(layout.storeLock, exclusive: true) else { throw .busy(path: root) }
        defer { lock.release() }
        let names = try StoreLock.hold(layout.namesLock, exclusive: true)
        defer { names.release() }
        var report = PruneReport()
        var content: Set<Digest> = []
        var chains: Set<String> = []
        let named = try namedManifests()
        for manifest in try records() {
            let path = layout.record(manifest)
            guard named.contains(manifest), let record = try intactRecord(at: path) else {
                try storing { () throws(SystemCallError) in try Files.unlink(path) }
                report.images.append(manifest)
                continue
            }
            content.formUnion(record.content)
            if case .layers(let chainID) = record.form { chains.insert(chainID.hex) }
        }
        try pruneBlobs(keeping: content, &report)
        try pruneRoots(keeping: chains, &report)
        try pruneUnfinished(&report)
        return report
    }

    /// The manifests that names mean; a name whose record is damaged means nothing and goes.
    private func namedManifests() throws(StoreError) -> Set<Digest> {
        var manifests: Set<Digest> = []
        let inodes = try recordInodes()
        for name in try allNames() {
            if let manifest = try manifest(of: name, inodes) { manifests.insert(manifest) } else { try unlink(name) }
        }
        return manifests
    }

    private func pruneBlobs(keeping content: Set<Digest>, _ report: inout PruneReport) throws(StoreError) {
        for algorithm in Digest.Algorithm.allCases {
            for name in try entries(layout.blobs(algorithm)) {
                if let digest = Digest(algorithm, hex: name), content.contains(digest) { continue }
                let path = "\(layout.blobs(algorithm))/\(name)"
                let size = (try? FileStatus.of(path))?.size ?? 0
                try storing { () throws(SystemCallError) in try TreeRemoval.remove(path) }
                report.blobs += 1
                report.bytes += size
            }
        }
    }

    private func pruneRoots(keeping chains: Set<String>, _ report: inout PruneReport) throws(StoreError) {
        for name in try entries(layout.roots) where !chains.contains(name) {
            guard let lock = try StoreLock.tryHold("\(layout.locks)/\(name)", exclusive: true) else { continue }
            defer { lock.release() }
            // Out of its place first: a crash in the middle must not leave half a root that looks whole.
            let doomed = temporaryPath("removed")
            try storing { () throws(SystemCallError) in
                try Files.rename("\(layout.roots)/\(name)", to: doomed)
                try TreeRemoval.remove(doomed)
            }
            report.roots += 1
        }
        for name in try entries(layout.locks) where !chains.contains(name) {
            guard let lock = try StoreLock.tryHold("\(layout.locks)/\(name)", exclusive: true) else { continue }
            defer { lock.release() }
            try storing { () throws(SystemCallError) in try Files.unlink("\(layout.locks)/\(name)") }
        }
    }

    private func pruneUnfinished(_ report: inout PruneReport) throws(StoreError) {
        for name in try entries(layout.temporary) {
            try storing { () throws(SystemCallError) in try TreeRemoval.remove("\(layout.temporary)/\(name)") }
            report.unfinished += 1
        }
    }
}
