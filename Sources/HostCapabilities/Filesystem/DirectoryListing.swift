import SystemCalls

/// A directory's entries in batches, from any position that an entry gave before.
///
/// Positions: 0 is the beginning, 1 after `.`, 2 after `..`, and n + 3 what the kernel calls n. The two dots come
/// first and with the directory's own inode number, whatever the file system and whatever lies above the directory. A
/// position stays good while others add and remove entries, as far as the file system keeps it (ext4, xfs, btrfs,
/// tmpfs).
public final class DirectoryListing: Sendable {
    /// One entry. The name is valid until the closure that received it returns.
    public struct Entry {
        public let name: UnsafeRawBufferPointer
        public let inode: UInt64
        public let kind: FileStatus.Kind
        /// Where the listing goes on after this entry.
        public let next: UInt64
    }

    private static let batchSize = 32 << 10
    private static let firstOfKernel: UInt64 = 3

    private let directory: OpenDirectory
    private let batch = Mutex(ListingBatch())

    public init(of directory: OpenDirectory) { self.directory = directory }

    /// Hands out entries from a position until the end or until the closure returns false.
    ///
    /// An entry for which it returned false is the first that comes from its position again, from the same batch.
    public func forEach(from position: UInt64, _ body: (Entry) -> Bool) throws(Errno) {
        try batch.withLock { (batch) throws(Errno) in
            var position = position
            if position < 2, try !giveDots(from: &position, body) { return }
            if position < Self.firstOfKernel { position = Self.firstOfKernel }
            // From the beginning the directory is read anew, as rewinddir(3) does.
            if position == Self.firstOfKernel || position != batch.position { batch.restart(at: position) }
            while true {
                if batch.cursor == batch.end, try !refill(&batch) { return }
                guard try give(&batch, body) else { return }
            }
        }
    }

    private func giveDots(from position: inout UInt64, _ body: (Entry) -> Bool) throws(Errno) -> Bool {
        let inode = try directory.status().inode
        while position < 2 {
            let name: StaticString = position == 0 ? "." : ".."
            let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let entry = Entry(name: bytes, inode: inode, kind: .directory, next: position + 1)
            guard body(entry) else { return false }
            position += 1
        }
        return true
    }

    /// Reads the next batch; false at the end, where its memory is given back.
    private func refill(_ batch: inout ListingBatch) throws(Errno) -> Bool {
        let number = directory.descriptor.rawValue
        // Set anew each time: another descriptor of the host may share the offset.
        _ = try TransferCalls.seek(number, Int64(clamping: batch.position - Self.firstOfKernel), from: .start)
        let memory = batch.prepare(size: Self.batchSize)
        batch.end = try TransferCalls.entries(of: number, into: memory)
        if batch.end == 0 { batch.release() }
        return batch.end > 0
    }

    /// Hands out what is left of the batch; false when the closure wants no more.
    private func give(_ batch: inout ListingBatch, _ body: (Entry) -> Bool) throws(Errno) -> Bool {
        while batch.cursor < batch.end {
            guard let record = KernelEntry(batch.rest) else { throw .inputOutput }
            let next = UInt64(bitPattern: record.offset) &+ Self.firstOfKernel
            if !record.isDot {
                let kind = record.kind ?? kindOfName(record.name)
                guard body(Entry(name: record.name, inode: record.inode, kind: kind, next: next)) else { return false }
            }
            batch.cursor += record.length
            batch.position = next
        }
        return true
    }

    /// For file systems that don't tell the kind in the entry; an entry that is gone since has none.
    private func kindOfName(_ name: UnsafeRawBufferPointer) -> FileStatus.Kind {
        do throws(Errno) {
            return try SandboxPath.with(name) { (path) throws(Errno) in
                try directory.status(of: path, followLinks: false).kind
            }
        } catch {
            return .unknown
        }
    }
}

/// What getdents64 yielded last, and how far it was used.
///
/// SAFETY: sendable because its memory has one owner, this value, and nobody keeps the buffers that it lends.
private struct ListingBatch: ~Copyable, @unchecked Sendable {
    private var bytes: UnsafeMutableRawBufferPointer?
    var end = 0
    /// Offset in the bytes of the first entry that wasn't used yet, and its position.
    var cursor = 0
    var position: UInt64 = 0

    deinit { bytes?.deallocate() }

    /// Nothing yet, from a position on.
    mutating func restart(at position: UInt64) {
        (end, cursor) = (0, 0)
        self.position = position
    }

    /// Memory for a batch, all of whose entries are used up.
    mutating func prepare(size: Int) -> UnsafeMutableRawBufferPointer {
        (end, cursor) = (0, 0)
        if let bytes { return bytes }
        let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        bytes = fresh
        return fresh
    }

    /// Gives the memory back.
    mutating func release() {
        (end, cursor) = (0, 0)
        bytes?.deallocate()
        bytes = nil
    }

    /// What wasn't used yet. Valid until the next batch.
    var rest: UnsafeRawBufferPointer {
        guard let bytes else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: bytes[cursor..<end])
    }
}

/// `struct linux_dirent64`, read with bounds: inode, offset, length, kind, zero-terminated name.
private struct KernelEntry {
    let inode: UInt64
    let offset: Int64
    let length: Int
    let name: UnsafeRawBufferPointer
    private let type: UInt8

    private static let nameOffset = 19

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > Self.nameOffset else { return nil }
        inode = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        offset = bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        length = Int(bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
        type = bytes[18]
        guard length > Self.nameOffset, length <= bytes.count else { return nil }
        let rest = bytes[Self.nameOffset..<length]
        guard let end = rest.firstIndex(of: 0) else { return nil }
        name = UnsafeRawBufferPointer(rebasing: bytes[Self.nameOffset..<end])
    }

    var isDot: Bool {
        let dot = UInt8(ascii: ".")
        return name.first == dot && (name.count == 1 || (name.count == 2 && name[1] == dot))
    }

    /// The DT_ numbers; nil for DT_UNKNOWN.
    var kind: FileStatus.Kind? {
        switch type {
        case 1: .pipe
        case 2: .characterDevice
        case 4: .directory
        case 6: .blockDevice
        case 8: .regular
        case 10: .symbolicLink
        case 12: .socket
        default: nil
        }
    }
}
