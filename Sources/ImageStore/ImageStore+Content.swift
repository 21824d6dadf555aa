import OCISpec
import SystemCalls

extension ImageStore {
    /// Where the content with this digest lies, if it is there.
    public func contentPath(_ digest: Digest) -> String { layout.blob(digest) }

    /// Whether the store has a blob.
    public func hasContent(_ digest: Digest) -> Bool { (try? FileStatus.of(layout.blob(digest))) != nil }

    /// Opens content for reading.
    public func openContent(_ digest: Digest) throws(StoreError) -> OwnedDescriptor {
        try storing { () throws(SystemCallError) in
            try Files.open(layout.blob(digest), flags: [.readOnly, .noFollow])
        }
    }

    /// Reads a small piece of content whole; more than `limit` bytes is an error.
    public func readContent(_ digest: Digest, limit: Int) throws(StoreError) -> [UInt8] {
        try storing { () throws(SystemCallError) in try Files.contents(of: layout.blob(digest), limit: limit) }
    }

    /// A path in `tmp` that no other process and no other thread uses.
    public func temporaryPath(_ purpose: String) -> String {
        let random = UInt64.random(in: .min ... .max)
        return "\(layout.temporary)/\(purpose)-\(Processes.current)-\(String(random, radix: 16))"
    }
}

/// Writes what the kernel holds back of a file, so that a rename never survives a power cut without its content.
func synchronize(_ descriptor: Int32, _ path: String) throws(SystemCallError) {
    do throws(Errno) { try TransferCalls.synchronize(descriptor, dataOnly: true) } catch {
        throw SystemCallError("fdatasync", path, error)
    }
}
