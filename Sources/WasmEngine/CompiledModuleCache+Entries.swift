import SystemCalls

/// The names of one compiled module's files.
struct EntryName: Hashable {
    static let codeSuffix = ".cwasm"
    static let sealSuffix = ".seal"

    let stem: String
    var code: String { stem + Self.codeSuffix }
    var seal: String { stem + Self.sealSuffix }

    init(stem: String) { self.stem = stem }

    /// Refuses a digest that isn't one: it becomes part of a path.
    init(digest: String, fingerprint: String, in cache: CompiledModuleCache) throws(CacheError) {
        let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
        let isDigest =
            parts.count == 2 && (1...16).contains(parts[0].utf8.count) && (32...128).contains(parts[1].utf8.count)
            && parts[0].utf8.allSatisfy { Self.isLetter($0) || Self.isDigit($0) }
            && parts[1].utf8.allSatisfy { Self.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
        guard isDigest, !fingerprint.contains("/"), fingerprint.utf8.count <= 80 else {
            throw CacheError(root: cache.root, reason: .badDigest(digest))
        }
        stem = "\(parts[0])-\(parts[1]).\(fingerprint)"
    }

    /// Digest and fingerprint again.
    var parts: (digest: String, fingerprint: String)? {
        let halves = stem.split(separator: ".", maxSplits: 1)
        guard halves.count == 2, let dash = halves[0].firstIndex(of: "-") else { return nil }
        return ("\(halves[0][..<dash]):\(halves[0][halves[0].index(after: dash)...])", String(halves[1]))
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension CompiledModuleCache {
    /// Opens a compiled module that is ours and whole; nil when it is neither or absent.
    func openWhole(_ name: EntryName) -> OwnedDescriptor? {
        guard let file = openOurs(name.code), let status = try? FileStatus.of(file.rawValue) else { return nil }
        // What isn't whole stays: it may be another process's that is being sealed. Compiling again replaces it.
        guard isWhole(name, file, FileIdentity(status)) else { return nil }
        return file
    }

    private func isWhole(_ name: EntryName, _ file: borrowing OwnedDescriptor, _ identity: FileIdentity) -> Bool {
        guard let sealFile = openOurs(name.seal), let sealStatus = try? FileStatus.of(sealFile.rawValue),
            let bytes = try? Files.readAll(sealFile.rawValue, limit: SealedRecord.limit),
            let seal = SealedRecord(bytes, numbers: FileIdentity.numberCount + 2), seal.text == name.stem
        else { return false }
        let sealed = FileIdentity(numbers: seal.numbers.prefix(FileIdentity.numberCount))
        let checksum = seal.numbers[FileIdentity.numberCount]
        let moment = seal.numbers[FileIdentity.numberCount + 1]
        if sealed == identity, identity.isSettled(at: moment) {
            noteUse(sealFile, sealStatus)
            return true
        }
        // Restored from a backup, or sealed in the tick in which it was written: look at every byte, once.
        guard identity.size == sealed.size, Self.checksum(of: file, size: identity.size) == checksum else {
            return false
        }
        try? self.seal(name, identity, checksum: checksum)
        return true
    }

    /// Opens a file of the cache for reading; nil unless it belongs to us alone.
    func openOurs(_ name: String) -> OwnedDescriptor? {
        guard
            let file = try? Files.open(
                name, in: directory.rawValue, flags: [.noFollow, .nonBlocking], resolve: [.beneath, .noSymbolicLinks])
        else { return nil }
        guard let status = try? FileStatus.of(file.rawValue), status.kind == .regular, status.links == 1,
            status.owner == Processes.effectiveUser, status.permissions & 0o077 == 0
        else { return nil }
        return file
    }

    /// The seal's own time says when the module was last used. Once an hour is enough, and keeps a hit from writing.
    private func noteUse(_ seal: borrowing OwnedDescriptor, _ status: FileStatus) {
        let now = Clocks.now(.realtime)
        guard status.modified < Int64(clamping: now) - 3_600_000_000_000 else { return }
        try? FileCalls.setTimes(of: seal.rawValue, FileTimes(accessed: .now, modified: .now))
    }

    func seal(_ name: EntryName, _ identity: FileIdentity, checksum: UInt64) throws(SystemCallError) {
        let record = SealedRecord(
            numbers: identity.numbers + [checksum, Clocks.now(.realtime)], text: name.stem)
        _ = try writeFile(name.seal, record.encoded(), durable: false)
    }

    /// Writes a file beside its place and moves it there. Durable ones survive a crash whole: their name appears only after
    /// their bytes are on the disk.
    func writeFile(_ name: String, _ bytes: [UInt8], durable: Bool) throws(SystemCallError) -> FileIdentity {
        let temporary = "tmp-\(Processes.current)-\(UInt64.random(in: .min ... .max))"
        let file = try Files.open(
            temporary, in: directory.rawValue, flags: [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
        do throws(SystemCallError) {
            try Files.writeAll(file.rawValue, bytes)
            if durable {
                do throws(Errno) {
                    try TransferCalls.synchronize(file.rawValue, dataOnly: false)
                } catch { throw SystemCallError("fsync", name, error) }
            }
            try Files.rename(temporary, in: directory.rawValue, to: name, in: directory.rawValue)
            // After the rename, which changes the file's times as well.
            return FileIdentity(try FileStatus.of(file.rawValue))
        } catch {
            try? Files.unlink(temporary, in: directory.rawValue)
            throw error
        }
    }

    func remove(_ name: EntryName) {
        try? Files.unlink(name.code, in: directory.rawValue)
        try? Files.unlink(name.seal, in: directory.rawValue)
    }

    /// Held while files are put in place or removed; readers need none.
    func lockForWriting() throws(SystemCallError) -> OwnedDescriptor {
        let lock = try Files.open(
            "lock", in: directory.rawValue, flags: [.readWrite, .create, .noFollow], mode: 0o600)
        try Files.lock(lock.rawValue, exclusive: true)
        return lock
    }

    private static func checksum(of file: borrowing OwnedDescriptor, size: UInt64) -> UInt64? {
        guard let limit = Int(exactly: size), let bytes = try? Files.readAll(file.rawValue, limit: limit) else {
            return nil
        }
        var hash = StableHash()
        bytes.withUnsafeBytes { hash.add($0) }
        return hash.value
    }
}
