import OCISpec
import SystemCalls

/// A hash in the making. The store computes none itself: whoever writes brings one along.
public protocol ContentHash: AnyObject {
    /// Takes the next bytes.
    func update(_ bytes: UnsafeRawBufferPointer)
    /// Forgets everything.
    func reset()
    /// The digest of everything so far.
    func digest() -> Digest
}

/// Writes one blob: counts and hashes as it goes, and gives the blob its name only when both are right.
///
/// What isn't committed is removed with the writer, unless it may be resumed. Used by one task at a time.
public final class BlobWriter {
    /// Bytes that are there already: where a resumed download goes on.
    public private(set) var written: Int64
    public let digest: Digest
    public let size: Int64

    private let target: String
    private let temporary: String
    private let file: OwnedDescriptor
    private let hash: any ContentHash
    private let session: StoreSession
    private let isResumable: Bool
    private var isFinished = false

    init(
        session: StoreSession, digest: Digest, size: Int64, hash: any ContentHash, resuming: Bool
    ) throws(StoreError) {
        self.digest = digest
        self.size = size
        self.hash = hash
        self.session = session
        let store = session.store
        target = store.layout.blob(digest)
        if resuming, let partial = try Self.openPartial(store.layout.partial(digest)) {
            file = partial
            temporary = store.layout.partial(digest)
            isResumable = true
            written = 0
            try readBack()
        } else {
            let path = store.temporaryPath("blob")
            temporary = path
            file = try storing { () throws(SystemCallError) in
                try Files.open(path, flags: [.writeOnly, .create, .exclusive], mode: 0o600)
            }
            isResumable = false
            written = 0
        }
    }

    deinit {
        if !isFinished, !isResumable { try? Files.unlink(temporary) }
    }

    /// Takes the next bytes. More than the blob's size is refused before it is written.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        guard Int64(bytes.count) <= size - written else {
            throw .mismatch(digest, reason: "it is longer than \(size) bytes")
        }
        hash.update(bytes)
        var rest = bytes
        while !rest.isEmpty {
            let count = try storing { () throws(SystemCallError) in try Files.write(file.rawValue, rest) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            written += Int64(count)
        }
    }

    /// Takes the next bytes.
    public func write(_ bytes: [UInt8]) throws(StoreError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in try write(UnsafeRawBufferPointer(buffer)) }
    }

    /// Checks size and digest and puts the blob in its place. A blob that came meanwhile is the same and stays or goes.
    public func commit() throws(StoreError) {
        guard written == size else {
            throw .mismatch(digest, reason: "it has \(written) bytes instead of \(size)")
        }
        let found = hash.digest()
        guard found == digest else {
            // Nothing to resume: which of the bytes is wrong, nobody knows.
            try restart()
            throw .mismatch(digest, reason: "its digest is \(found)")
        }
        try storing { () throws(SystemCallError) in
            try synchronize(file.rawValue, temporary)
            try Files.rename(temporary, to: target)
        }
        isFinished = true
    }

    /// Begins anew: what was written so far is dropped.
    public func restart() throws(StoreError) {
        try storing("ftruncate", temporary) { () throws(Errno) in
            try TransferCalls.truncate(file.rawValue, to: 0)
            _ = try TransferCalls.seek(file.rawValue, 0, from: .start)
        }
        hash.reset()
        written = 0
    }

    /// The file of an earlier writer, locked; nil when another process works on it.
    private static func openPartial(_ path: String) throws(StoreError) -> OwnedDescriptor? {
        let file = try storing { () throws(SystemCallError) in
            try Files.open(path, flags: [.readWrite, .create, .noFollow], mode: 0o600)
        }
        let mine = try storing { () throws(SystemCallError) in
            try Files.tryLock(file.rawValue, exclusive: true)
        }
        // Committed or removed between open and lock: the name means another file by now.
        guard mine, let named = try? FileStatus.of(path), let own = try? FileStatus.of(file.rawValue),
            named.inode == own.inode
        else { return nil }
        return file
    }

    /// Hashes what an earlier writer left; more than the blob has is started anew.
    private func readBack() throws(StoreError) {
        let length = try storing { () throws(SystemCallError) in try FileStatus.of(file.rawValue).size }
        if length > size { return try restart() }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try storing { () throws(SystemCallError) in try Files.read(file.rawValue, into: chunk) }
            if count == 0 { return }
            hash.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            written += Int64(count)
        }
    }
}
