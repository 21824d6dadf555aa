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
    /// Refused while anybody adds content. A root in use by a lease stays. What can't be removed doesn't keep the rest: the
    /// first such error is thrown when everything else is gone.
    public func prune() throws(StoreError) -> PruneReport {
        guard let lock = try StoreLock.tryHold(layout.storeLock, exclusive: true) else { throw .busy(path: root) }
        defer { lock.release() }
        let names = try StoreLock.hold(layout.namesLock, exclusive: true)
        defer { names.release() }
        var report = PruneReport()
        var failure: StoreError?
        var content: Set<Digest> = []
        var chains: Set<String> = []
        let named = try namedManifests()
        for manifest in try records() {
            let path = layout.record(manifest)
            guard named.contains(manifest), let record = try intactRecord(at: path) else {
                if removed(&failure, { () throws(SystemCallError) in try Files.unlink(path) }) {
                    report.images.append(manifest)
                }
                continue
            }
            content.formUnion(record.content)
            if case .layers(let chainID) = record.form { chains.insert(chainID.hex) }
        }
        try pruneBlobs(keeping: content, &report, &failure)
        try pruneRoots(keeping: chains, &report, &failure)
        try pruneUnfinished(&report, &failure)
        if let failure { throw failure }
        return report
    }

    /// Whether it worked; the first error is kept.
    private func removed(_ failure: inout StoreError?, _ body: () throws(SystemCallError) -> Void) -> Bool {
        do throws(StoreError) {
            try storing(body)
            return true
        } catch {
            failure = failure ?? error
            return false
        }
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

    private func pruneBlobs(
        keeping content: Set<Digest>, _ report: inout PruneReport, _ failure: inout StoreError?
    ) throws(StoreError) {
        for algorithm in Digest.Algorithm.allCases {
            for name in try entries(layout.blobs(algorithm)) {
                if let digest = Digest(algorithm, hex: name), content.contains(digest) { continue }
                let path = "\(layout.blobs(algorithm))/\(name)"
                let size = (try? FileStatus.of(path))?.size ?? 0
                guard removed(&failure, { () throws(SystemCallError) in try TreeRemoval.remove(path) }) else {
                    continue
                }
                report.blobs += 1
                report.bytes += size
            }
        }
    }

    private func pruneRoots(
        keeping chains: Set<String>, _ report: inout PruneReport, _ failure: inout StoreError?
    ) throws(StoreError) {
        for name in try entries(layout.roots) where !chains.contains(name) {
            guard let lock = try StoreLock.tryHold("\(layout.locks)/\(name)", exclusive: true) else { continue }
            defer { lock.release() }
            // Out of its place first: a crash in the middle must not leave half a root that looks whole.
            let doomed = temporaryPath("removed")
            let isGone = removed(&failure) { () throws(SystemCallError) in
                try Files.rename("\(layout.roots)/\(name)", to: doomed)
                try TreeRemoval.remove(doomed)
            }
            if isGone { report.roots += 1 }
        }
        for name in try entries(layout.locks) where !chains.contains(name) {
            guard let lock = try StoreLock.tryHold("\(layout.locks)/\(name)", exclusive: true) else { continue }
            defer { lock.release() }
            _ = removed(&failure) { () throws(SystemCallError) in try Files.unlink("\(layout.locks)/\(name)") }
        }
    }

    private func pruneUnfinished(_ report: inout PruneReport, _ failure: inout StoreError?) throws(StoreError) {
        for name in try entries(layout.temporary) {
            let path = "\(layout.temporary)/\(name)"
            if removed(&failure, { () throws(SystemCallError) in try TreeRemoval.remove(path) }) {
                report.unfinished += 1
            }
        }
    }
}
