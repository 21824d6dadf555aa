import OCISpec
import SystemCalls

extension ImageStore {
    /// The unpacked root file system with this chain id; nil when there is none.
    public func rootPath(_ chainID: Digest) -> String? {
        let path = layout.rootFileSystem(chainID)
        return (try? FileStatus.of(path)) == nil ? nil : path
    }

    /// Removes what a killed unpacking left; one that is at work is left alone.
    public func discardUnfinishedRoot(_ chainID: Digest) throws(StoreError) {
        guard let lock = try StoreLock.tryHold(layout.rootLock(chainID), exclusive: true) else { return }
        defer { lock.release() }
        try storing { () throws(SystemCallError) in try TreeRemoval.remove(layout.unfinishedRoot(chainID)) }
    }

    /// Uses an unpacked root: it stays as long as the lease. Nil when there is none.
    public func leaseRoot(_ chainID: Digest) throws(StoreError) -> RootLease? {
        let lock: StoreLock?
        do throws(StoreError) { lock = try StoreLock.hold(layout.rootLock(chainID), exclusive: false) } catch {
            // No lock file, and a read-only file system to make it on: nobody prunes there either.
            guard case .system(let failure) = error, failure.errno == .readOnlyFileSystem else { throw error }
            lock = nil
        }
        guard let path = rootPath(chainID) else { return nil }
        return RootLease(path: path, lock)
    }
}

/// An empty directory that becomes a root of the store when it is committed, and is removed otherwise.
public final class RootWriter {
    /// The directory to fill.
    public let path: String

    private let staging: String
    private let target: String
    private let lock: StoreLock
    private let session: StoreSession
    private var isFinished = false

    init(session: StoreSession, chainID: Digest, _ lock: StoreLock) throws(StoreError) {
        self.session = session
        let staging = session.store.layout.unfinishedRoot(chainID)
        self.staging = staging
        self.lock = lock
        path = "\(staging)/fs"
        target = session.store.layout.root(chainID)
        try storing { () throws(SystemCallError) in
            // The lock is ours: what stands there is of a process that was killed.
            try TreeRemoval.remove(staging)
            try Files.makeDirectory(staging, mode: 0o700)
            try Files.makeDirectory("\(staging)/fs", mode: 0o755)
        }
    }

    deinit {
        if !isFinished { try? TreeRemoval.remove(staging) }
    }

    /// Puts the root in its place. What stood there without being complete is removed first.
    public func commit() throws(StoreError) {
        try storing { () throws(SystemCallError) in
            try TreeRemoval.remove(target)
            try Files.rename(staging, to: target)
        }
        isFinished = true
    }
}
