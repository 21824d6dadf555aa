import SystemCalls

/// Copies a directory tree by descriptors, following no link; blocks are shared where the file system can.
public enum TreeCopy {
    /// What a copy may cost.
    public struct Limits: Sendable {
        public var entries: Int
        public var bytes: Int64
        /// Directories inside each other; each keeps two descriptors open.
        public var depth: Int

        public init(entries: Int, bytes: Int64, depth: Int) {
            self.entries = entries
            self.bytes = bytes
            self.depth = depth
        }

        /// 200,000 entries, 4 GiB, 200 levels.
        public static let standard = Limits(entries: 200_000, bytes: 4 << 30, depth: 200)
    }

    /// Copies what stands in `source` to the new directory `name`, and opens that. A failed copy is removed.
    ///
    /// Directories, regular files, symbolic links and hard links, with modes and times, and with owners as far as the process
    /// may set them. Devices, pipes and sockets are left out: a guest couldn't use them.
    public static func copy(
        _ source: Int32, to name: String, in parent: Int32, limits: Limits
    ) throws(RootFilesystemError) -> OwnedDescriptor {
        var pass = TreeCopyPass(limits: limits)
        do throws(RootFilesystemError) {
            return try pass.copyRoot(source, to: name, in: parent)
        } catch {
            try? TreeRemoval.remove(name, in: parent)
            throw error
        }
    }
}

/// One walk over a tree, with what it has left to spend.
private struct TreeCopyPass {
    private var entriesLeft: Int
    private var bytesLeft: Int64
    private let limits: TreeCopy.Limits
    /// Where a file with several names was copied to first: its names below the root of the copy.
    private var linked: [FileIdentity: [CChar]] = [:]
    private var root: Int32 = -1

    private struct FileIdentity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    init(limits: TreeCopy.Limits) {
        self.limits = limits
        entriesLeft = limits.entries
        bytesLeft = limits.bytes
    }

    mutating func copyRoot(_ source: Int32, to name: String, in parent: Int32) throws(RootFilesystemError)
        -> OwnedDescriptor
    {
        do throws(Errno) {
            let status = try FileCalls.status(of: source)
            let target = try make(Array(name.utf8CString), in: parent)
            root = target.rawValue
            try contents(of: source, to: target.rawValue, path: [], depth: 1)
            try finish(target.rawValue, status)
            return target
        } catch {
            if entriesLeft < 0 { throw .tooLarge(limit: "\(limits.entries) entries") }
            if bytesLeft < 0 { throw .tooLarge(limit: "\(limits.bytes) bytes") }
            throw .uncopied(path: failedPath, reason: "\(error)")
        }
    }

    /// The entry that is being copied, for the error.
    private var failedPath = "/"

    private mutating func contents(
        of source: Int32, to target: Int32, path: [CChar], depth: Int
    ) throws(Errno) {
        guard depth <= limits.depth else { throw .tooManySymbolicLinks }
        let names = try TreeCalls.names(in: source)
        entriesLeft -= names.count
        guard entriesLeft >= 0 else { throw .fileTooLarge }
        for name in names {
            let child = path + [47] + name.dropLast()
            failedPath = String(decoding: child.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            try entry(name, of: source, to: target, path: child, depth: depth)
        }
    }

    private mutating func entry(
        _ name: [CChar], of source: Int32, to target: Int32, path: [CChar], depth: Int
    ) throws(Errno) {
        let status = try FileCalls.status(name, in: source)
        switch status.kind {
        case .directory:
            let from = try FileCalls.open(name, in: source, [.readOnly, .directory, .noFollow], resolve: [])
            let into = try make(name, in: target)
            try contents(of: from.rawValue, to: into.rawValue, path: path, depth: depth + 1)
            try finish(into.rawValue, status)
        case .regular:
            if try linkedBefore(status, name, in: target, path: path) { return }
            try file(name, of: source, to: target, status)
        case .symbolicLink:
            try link(name, of: source, to: target, status)
        case .characterDevice, .blockDevice, .pipe, .socket, .unknown:
            return
        }
    }

    /// Gives a file that has been copied under another name this name too.
    private mutating func linkedBefore(
        _ status: FileStatus, _ name: [CChar], in target: Int32, path: [CChar]
    ) throws(Errno) -> Bool {
        guard status.links > 1 else { return false }
        let identity = FileIdentity(device: status.device, inode: status.inode)
        // Paths are relative to the copy, which holds no link that leads out of it at the names that were made here.
        let relative = Array(path.dropFirst()) + [0]
        guard let first = linked[identity] else {
            linked[identity] = relative
            return false
        }
        try FileCalls.link(first, in: root, to: name, in: target)
        return true
    }

    private mutating func file(
        _ name: [CChar], of source: Int32, to target: Int32, _ status: FileStatus
    ) throws(Errno) {
        let from = try FileCalls.open(name, in: source, [.readOnly, .noFollow, .nonBlocking], resolve: [])
        let into = try FileCalls.open(
            name, in: target, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, resolve: [])
        bytesLeft -= status.size
        guard bytesLeft >= 0 else { throw .fileTooLarge }
        if !FileCopies.clone(from.rawValue, to: into.rawValue) {
            var left = status.size
            while left > 0 {
                let count = try FileCopies.copy(from.rawValue, to: into.rawValue, count: Int(min(left, 1 << 30)))
                if count == 0 { break }
                left -= Int64(count)
            }
        }
        try finish(into.rawValue, status)
    }

    private func link(
        _ name: [CChar], of source: Int32, to target: Int32, _ status: FileStatus
    ) throws(Errno) {
        // One byte stays zero: the kernel's links have at most 4,095.
        var area = [UInt8](repeating: 0, count: 4097)
        _ = try area.withUnsafeMutableBufferPointer { (buffer) throws(Errno) -> Int in
            let room = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<4096]))
            return try FileCalls.readLink(name, in: source, into: room)
        }
        try FileCalls.symbolicLink(to: area.map { CChar(bitPattern: $0) }, at: name, in: target)
        try? OwnershipCalls.setOwner(name, in: target, user: status.owner, group: status.group)
    }

    private func make(_ name: [CChar], in target: Int32) throws(Errno) -> OwnedDescriptor {
        try FileCalls.makeDirectory(name, in: target, mode: 0o700)
        return try FileCalls.open(name, in: target, [.readOnly, .directory, .noFollow], resolve: [])
    }

    /// Owner, then mode (a change of owner clears bits of it), then times.
    private func finish(_ target: Int32, _ status: FileStatus) throws(Errno) {
        try? OwnershipCalls.setOwner(of: target, user: status.owner, group: status.group)
        try OwnershipCalls.setPermissions(of: target, status.permissions & 0o1777)
        let time = UInt64(clamping: status.modified)
        try FileCalls.setTimes(
            of: target,
            FileTimes(accessed: .keep, modified: .set(nanosecondsSinceEpoch: time)))
    }
}
