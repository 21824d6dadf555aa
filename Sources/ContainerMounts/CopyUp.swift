import FieldErrors
import SystemCalls

/// Fills a new file system with what it is going to cover: the option `tmpcopyup`.
///
/// By descriptors and following no link. Owners, modes and times are kept, device nodes and pipes made again; sockets and
/// extended attributes are left out.
struct CopyUp {
    /// Entries of one copy; it goes to memory.
    static let entryLimit = 200_000
    /// Directories inside each other.
    static let depthLimit = 128

    private var entriesLeft = Self.entryLimit

    mutating func copy(_ source: Int32, to target: Int32, depth: Int = 1) throws(Errno) {
        guard depth <= Self.depthLimit else { throw .tooManySymbolicLinks }
        let names = try TreeCalls.names(in: source)
        entriesLeft -= names.count
        guard entriesLeft >= 0 else { throw .fileTooLarge }
        for name in names { try entry(name, from: source, to: target, depth: depth) }
    }

    private mutating func entry(_ name: [CChar], from source: Int32, to target: Int32, depth: Int) throws(Errno) {
        let status = try FileCalls.status(name, in: source)
        switch status.kind {
        case .directory:
            let flags: OpenFlags = [.readOnly, .directory, .noFollow]
            let from = try FileCalls.open(name, in: source, flags, resolve: [])
            try FileCalls.makeDirectory(name, in: target, mode: 0o700)
            let into = try FileCalls.open(name, in: target, flags, resolve: [])
            try copy(from.rawValue, to: into.rawValue, depth: depth + 1)
            try Self.align(into.rawValue, with: status)
        case .regular: try file(name, from: source, to: target, status)
        case .symbolicLink: try link(name, from: source, to: target, status)
        case .characterDevice, .blockDevice, .pipe: try node(name, to: target, status)
        case .socket, .unknown: return
        }
    }

    private func file(_ name: [CChar], from source: Int32, to target: Int32, _ status: FileStatus) throws(Errno) {
        let from = try FileCalls.open(name, in: source, [.readOnly, .noFollow, .nonBlocking], resolve: [])
        let into = try FileCalls.open(
            name, in: target, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, resolve: [])
        var left = status.size
        while left > 0 {
            let count = try FileCopies.copy(from.rawValue, to: into.rawValue, count: Int(min(left, 1 << 30)))
            if count == 0 { break }
            left -= Int64(count)
        }
        try Self.align(into.rawValue, with: status)
    }

    private func link(_ name: [CChar], from source: Int32, to target: Int32, _ status: FileStatus) throws(Errno) {
        // One byte stays zero: the kernel's links have at most 4,095.
        var area = [CChar](repeating: 0, count: 4097)
        _ = try area.withUnsafeMutableBufferPointer { (buffer) throws(Errno) -> Int in
            let room = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<4096]))
            return try FileCalls.readLink(name, in: source, into: room)
        }
        try FileCalls.symbolicLink(to: area, at: name, in: target)
        try OwnershipCalls.setOwner(name, in: target, user: status.owner, group: status.group)
    }

    private func node(_ name: [CChar], to target: Int32, _ status: FileStatus) throws(Errno) {
        let numbers = OwnershipCalls.deviceNumbers(status)
        let node: OwnershipCalls.Node =
            switch status.kind {
            case .characterDevice: .characterDevice(major: numbers.major, minor: numbers.minor)
            case .blockDevice: .blockDevice(major: numbers.major, minor: numbers.minor)
            default: .pipe
            }
        try OwnershipCalls.makeNode(node, name, in: target)
        try OwnershipCalls.setOwner(name, in: target, user: status.owner, group: status.group)
        try OwnershipCalls.setPermissions(name, in: target, status.permissions)
    }

    /// Owner, then mode (a change of owner clears bits of it), then times.
    static func align(_ target: Int32, with status: FileStatus) throws(Errno) {
        try OwnershipCalls.setOwner(of: target, user: status.owner, group: status.group)
        try OwnershipCalls.setPermissions(of: target, status.permissions)
        try FileCalls.setTimes(
            of: target,
            FileTimes(accessed: .keep, modified: .set(nanosecondsSinceEpoch: UInt64(clamping: status.modified))))
    }
}

extension ContainerRoot {
    /// Copies the covered directory's files to the new file system, and gives its root the same owner.
    func copyUp(from target: Int32, to tree: Int32, _ mount: PlannedMount) throws(FieldError) {
        do throws(SystemCallError) {
            let flags: OpenFlags = [.readOnly, .directory]
            let source = try Files.open(".", in: target, flags: flags)
            let root = try Files.open(".", in: tree, flags: flags)
            do throws(Errno) {
                var pass = CopyUp()
                try pass.copy(source.rawValue, to: root.rawValue)
                let status = try FileCalls.status(of: source.rawValue)
                if !mount.options.parameters.contains(where: { $0.key == "uid" || $0.key == "gid" }) {
                    try OwnershipCalls.setOwner(of: root.rawValue, user: status.owner, group: status.group)
                }
            } catch { throw SystemCallError("copy", mount.path, error) }
        } catch { throw FieldError("\(mount.field).options", "tmpcopyup", cause: error) }
    }
}
