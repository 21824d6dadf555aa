import SystemCalls

/// A flock(2) on a file of the store; the kernel releases it when its holder ends, however it ends.
final class StoreLock: Sendable {
    private let file: OwnedDescriptor

    var rawValue: Int32 { file.rawValue }

    private init(_ file: consuming OwnedDescriptor) { self.file = file }

    /// Waits for the lock.
    static func hold(_ path: String, exclusive: Bool) throws(StoreError) -> StoreLock {
        while true {
            let lock = try opened(path)
            try storing { () throws(SystemCallError) in try Files.lock(lock.file.rawValue, exclusive: exclusive) }
            if try lock.isCurrent(path) { return lock }
        }
    }

    /// Nil when somebody else holds it in a way that excludes this one.
    static func tryHold(_ path: String, exclusive: Bool) throws(StoreError) -> StoreLock? {
        while true {
            let lock = try opened(path)
            let held = try storing { () throws(SystemCallError) in
                try Files.tryLock(lock.file.rawValue, exclusive: exclusive)
            }
            guard held else { return nil }
            if try lock.isCurrent(path) { return lock }
        }
    }

    /// Lets go; the end of the last reference would do it too, but nothing promises when that is.
    func release() { try? Files.unlock(file.rawValue) }

    /// Opens the file, and makes it when it is missing; in a store that can't be written one that is there does.
    private static func opened(_ path: String) throws(StoreError) -> StoreLock {
        do throws(SystemCallError) {
            return StoreLock(try Files.open(path, flags: [.readWrite, .create, .noFollow], mode: 0o600))
        } catch {
            guard [.readOnlyFileSystem, .accessDenied].contains(error.errno),
                let file = try? Files.open(path, flags: [.readOnly, .noFollow])
            else { throw .system(error) }
            return StoreLock(file)
        }
    }

    /// Whether the locked file still has its name: `prune` removes the files of locks that nobody holds.
    private func isCurrent(_ path: String) throws(StoreError) -> Bool {
        let mine = try storing { () throws(SystemCallError) in try FileStatus.of(file.rawValue) }
        guard let named = try? FileStatus.of(path) else { return false }
        return mine.inode == named.inode && mine.device == named.device
    }
}

/// Held by whoever uses an unpacked root: as long as one is, `prune` leaves that root alone.
public struct RootLease: ~Copyable, Sendable {
    /// The root file system.
    public let path: String
    private let lock: StoreLock?

    /// The lock's descriptor, if there is one. A process forked from this one holds the lease as long as it has this open.
    public var rawValue: Int32? { lock?.rawValue }

    /// - Parameter lock: nil where nothing can be removed anyway.
    init(path: String, _ lock: StoreLock?) {
        self.path = path
        self.lock = lock
    }
}
