import ContainerLifecycle
import SystemCalls

/// The directory in which containers of bundles stand on record: one directory for each, named by its id.
///
/// 0700 and ours, verified at every opening. A container appears by rename, with its record: a reader, or a crash at any
/// moment, never meets half of one. Each has a lock of its own, so that one that is slow to make holds up nobody else.
struct BundleStore: ~Copyable {
    let path: String
    let directory: OwnedDescriptor

    /// Names of what is only half made or half removed: this and the id.
    static let unfinishedPrefix = ".unfinished-"
    /// Containers that a directory may hold.
    static let containerLimit = 100_000

    /// Opens the directory, and makes it, and what leads to it, when there is none.
    ///
    /// - Parameter path: nil is `/run/martlet/oci`, for others than root `$XDG_RUNTIME_DIR/martlet/oci`.
    init(path: String?) throws(RuntimeFailure) {
        let isOwn = path == nil
        self.path = Self.place(path)
        do throws(LifecycleError) {
            if isOwn { _ = try StateDirectory.openTrusted(StateDirectory.defaultPath) }
            Self.makeParents(of: self.path)
            // Somebody else's choice may be a directory that others can list.
            directory = try StateDirectory.openTrusted(self.path, isReadable: !isOwn)
        } catch { throw RuntimeFailure(.system, "\(error)") }
    }

    /// - Parameter path: nil is the default one.
    static func place(_ path: String?) -> String { path ?? "\(StateDirectory.defaultPath)/oci" }

    /// What can't be made is told by the opening.
    private static func makeParents(of path: String) {
        guard (try? FileStatus.of(path)) == nil else { return }
        var parent = ""
        for part in path.pathParts.dropLast() {
            parent += "/\(part)"
            try? Files.makeDirectory(parent, mode: 0o700)
        }
    }

    /// Opens a new container's directory, locked, which nobody finds before it is published.
    func begin(_ id: String) throws(RuntimeFailure) -> ContainerDirectory {
        let unfinished = Self.unfinishedPrefix + id
        // What a crash left of an earlier attempt is removed once; somebody who is at work isn't.
        for _ in 0..<8 {
            do throws(SystemCallError) {
                if exists(id) { throw .init("mkdirat", id, .exists) }
                try Files.makeDirectory(unfinished, in: directory.rawValue, mode: 0o700)
            } catch {
                guard error.errno == .exists, try removeUnfinished(id) else { throw Self.failure(creating: id, error) }
                continue
            }
            guard let locked = try lock(name: unfinished, waits: false) else { continue }
            // Another may have published his own since we looked, or taken ours for what a crash left.
            if !exists(id), isNamed(unfinished, locked) { return locked }
            try takeBack(id, locked)
        }
        throw RuntimeFailure(.alreadyExists, "container \(id): somebody else makes it at the same time; try again")
    }

    /// Makes the container appear under its id. It has a record by then.
    func publish(_ id: String) throws(RuntimeFailure) {
        do throws(SystemCallError) {
            // Fails when there is one, since no record is an empty directory.
            try Files.rename(
                Self.unfinishedPrefix + id, in: directory.rawValue, to: id, in: directory.rawValue)
        } catch { throw Self.failure(creating: id, error) }
    }

    /// Opens a container's directory; nil when there is none.
    func find(_ id: String) throws(RuntimeFailure) -> ContainerDirectory? {
        do throws(SystemCallError) {
            return ContainerDirectory(try open(id))
        } catch {
            if Self.isNone(error) { return nil }
            throw RuntimeFailure(.system, "container \(id): \(error)")
        }
    }

    /// Opens a container's directory once nobody else changes it; nil when there is none.
    func lock(_ id: String) throws(RuntimeFailure) -> ContainerDirectory? { try lock(name: id, waits: true) }

    /// The same without waiting: nil also when somebody is at work on it.
    func tryLock(_ id: String) throws(RuntimeFailure) -> ContainerDirectory? { try lock(name: id, waits: false) }

    /// The ids of all containers, sorted.
    func identifiers() throws(RuntimeFailure) -> [String] {
        do throws(SystemCallError) {
            return try Files.names(inDirectory: path, limit: Self.containerLimit).filter(BundleID.isValid).sorted()
        } catch { throw RuntimeFailure(.system, "listing containers: \(error)") }
    }

    func exists(_ name: String) -> Bool { (try? FileStatus.of(name, in: directory.rawValue)) != nil }

    /// Whether the directory is still the one of this name.
    func isNamed(_ name: String, _ opened: borrowing ContainerDirectory) -> Bool {
        guard let found = try? FileStatus.of(name, in: directory.rawValue),
            let own = try? FileStatus.of(opened.rawValue)
        else { return false }
        return found.inode == own.inode && found.device == own.device
    }

    private func open(_ name: String) throws(SystemCallError) -> OwnedDescriptor {
        try Files.open(name, in: directory.rawValue, flags: [.readOnly, .directory, .noFollow])
    }

    /// Whether there is no container; another's file in the directory is none.
    private static func isNone(_ error: SystemCallError) -> Bool {
        [.noSuchFile, .notDirectory].contains(error.errno)
    }

    /// nil when it isn't there, or another holds the lock and nobody wants to wait.
    func lock(name: String, waits: Bool) throws(RuntimeFailure) -> ContainerDirectory? {
        do throws(SystemCallError) {
            let found = try open(name)
            if waits {
                try Files.lock(found.rawValue, exclusive: true)
            } else if try !Files.tryLock(found.rawValue, exclusive: true) {
                return nil
            }
            let locked = ContainerDirectory(found)
            // Removed or renamed while we waited.
            guard isNamed(name, locked) else { return nil }
            return locked
        } catch {
            if Self.isNone(error) { return nil }
            throw RuntimeFailure(.system, "locking \(path)/\(name): \(error)")
        }
    }

    private static func failure(creating id: String, _ error: SystemCallError) -> RuntimeFailure {
        guard [.exists, .directoryNotEmpty].contains(error.errno) else {
            return RuntimeFailure(.system, "container \(id) can't be put on record: \(error)")
        }
        return RuntimeFailure(.alreadyExists, "container with given ID already exists: \(id)")
    }
}
