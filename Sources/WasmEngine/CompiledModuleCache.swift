import SystemCalls

/// Compiled modules on disk, by the digest of their source and the fingerprint of the engine that compiled them.
///
/// What lies here is run as it is, so it has to be ours: the directory and its files belong to this user, nobody else may
/// write or even read them (checked at every use, on the open descriptor), and a link is never followed. Damage is found by a
/// seal beside each file: the file's identity when it was last known to be whole, and a checksum. While the identity holds,
/// the checksum needn't be computed, so a hit costs a few system calls whatever the size. A file that fails counts as
/// absent: compiling again replaces it.
///
/// No hashing of sources happens here: digests are what the caller says, and `digest(of:)` remembers which file had which.
public final class CompiledModuleCache: Sendable {
    public let root: String

    /// Bytes of compiled code; beyond it, the least recently used go.
    public let sizeLimit: UInt64

    let directory: OwnedDescriptor

    public static let defaultSizeLimit: UInt64 = 4 << 30

    /// Opens the directory, making it (not its parents) when it is missing.
    public init(root: String, sizeLimit: UInt64 = defaultSizeLimit) throws(CacheError) {
        self.root = root
        self.sizeLimit = sizeLimit
        do throws(SystemCallError) {
            try Files.ensureDirectory(root, mode: 0o700)
            directory = try Files.open(root, flags: [.directory, .noFollow])
        } catch { throw CacheError(root: root, reason: .system(error)) }
        let status: FileStatus
        do throws(SystemCallError) {
            status = try FileStatus.of(directory.rawValue)
        } catch { throw CacheError(root: root, reason: .system(error)) }
        guard status.owner == Processes.effectiveUser else {
            throw CacheError(root: root, reason: .notPrivate("the directory belongs to another user"))
        }
        guard status.permissions & 0o077 == 0 else {
            throw CacheError(root: root, reason: .notPrivate("other users may enter the directory"))
        }
    }

    // MARK: Compiled modules

    /// Maps the module that was compiled from the source of this digest, or says that there is none.
    ///
    /// Throws only when the digest isn't one.
    public func module(digest: String, for engine: Engine) throws(CacheError) -> Module? {
        let name = try EntryName(digest: digest, fingerprint: engine.configuration.fingerprint, in: self)
        guard let file = openWhole(name) else { return nil }
        // By descriptor: what was checked is what is mapped, even if the name means another file by now.
        do throws(EngineError) {
            return try Module.load(engine, compiledFile: "/proc/self/fd/\(file.rawValue)")
        } catch {
            // Of this name and whole, but not for this engine after all.
            return nil
        }
    }

    /// Whether there is such a module, without mapping it.
    public func contains(digest: String, fingerprint: String) throws(CacheError) -> Bool {
        switch openWhole(try EntryName(digest: digest, fingerprint: fingerprint, in: self)) {
        case .some: true
        case nil: false
        }
    }

    /// Puts a compiled module in its place, atomically, and makes room.
    public func store(_ compiled: [UInt8], digest: String, fingerprint: String) throws(CacheError) {
        let name = try EntryName(digest: digest, fingerprint: fingerprint, in: self)
        do throws(SystemCallError) {
            let lock = try lockForWriting()
            let identity = try writeFile(name.code, compiled, durable: true)
            var hash = StableHash()
            compiled.withUnsafeBytes { hash.add($0) }
            try seal(name, identity, checksum: hash.value)
            _ = try makeRoom(for: sizeLimit, sparing: name.code)
            try lock.close()
        } catch { throw CacheError(root: root, reason: .system(error)) }
    }
}
