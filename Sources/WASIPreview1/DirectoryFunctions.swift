import HostCapabilities
import SystemCalls
import WasmEngine

/// `fd_readdir`.
enum DirectoryFunctions {
    static let table: [Preview1Function] = [
        Preview1Function("fd_readdir", [.i32, .i32, .i32, .i64, .i32]) {
            (call, memory, values) throws(Preview1Failure) in
            try list(
                call.context, memory, values[u32: 0], buffer: values[u32: 1], count: values[u32: 2],
                cookie: values[u64: 3], result: values[u32: 4])
        }
    ]

    /// Size of a `dirent`: next cookie, inode, length of the name, type.
    private static let headSize = 24

    /// `fd_readdir`: fills the buffer with entries from a cookie on, and cuts the last one off where the buffer ends.
    ///
    /// A result below the size of the buffer means the end. A guest goes on with the cookie of the last whole entry;
    /// with a buffer too small for one entry it sees the length of its name and can come back with a larger one.
    /// Errors: `badf`, `notdir`, `notcapable`; `inval` for a cookie that the file system didn't give.
    static func list(
        _ context: Preview1Context, _ memory: borrowing GuestMemory, _ number: UInt32, buffer: UInt32, count: UInt32,
        cookie: UInt64, result: UInt32
    ) throws(Preview1Failure) {
        let (entry, _) = try context.descriptors.directory(number, needing: .fdReaddir)
        let size = try memory.range(at: result, count: 4)
        let target = try memory.range(at: buffer, count: count)
        var used = 0
        if !target.isEmpty {
            try guestErrno { () throws(Errno) in
                try entry.listing.forEach(from: cookie) { append($0, to: target, &used) }
            }
        }
        size.storeBytes(of: UInt32(truncatingIfNeeded: used).littleEndian, as: UInt32.self)
    }

    /// Writes what fits of one entry; false when it wasn't all of it, or when nothing more fits.
    private static func append(
        _ entry: DirectoryListing.Entry, to target: UnsafeMutableRawBufferPointer, _ used: inout Int
    ) -> Bool {
        let room = target.count - used
        guard room > 0 else { return false }
        withUnsafeTemporaryAllocation(byteCount: headSize, alignment: 8) { head in
            head.storeBytes(of: entry.next.littleEndian, toByteOffset: 0, as: UInt64.self)
            head.storeBytes(of: entry.inode.littleEndian, toByteOffset: 8, as: UInt64.self)
            head.storeBytes(of: UInt32(clamping: entry.name.count).littleEndian, toByteOffset: 16, as: UInt32.self)
            // The type and three bytes of padding.
            let type = UInt32(Preview1FileType(entry.kind).rawValue)
            head.storeBytes(of: type.littleEndian, toByteOffset: 20, as: UInt32.self)
            copy(UnsafeRawBufferPointer(head), to: target, &used)
        }
        copy(entry.name, to: target, &used)
        return room >= headSize + entry.name.count
    }

    /// Copies as much as fits.
    private static func copy(
        _ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, _ used: inout Int
    ) {
        let count = min(bytes.count, target.count - used)
        guard count > 0 else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[used...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
        used += count
    }
}
