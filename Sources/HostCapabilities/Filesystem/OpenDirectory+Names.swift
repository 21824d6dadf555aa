import SystemCalls

// Names that are made, removed and moved. None of these calls follows a link at the end of a path.
extension OpenDirectory {
    public func makeDirectory(_ path: borrowing SandboxPath) throws(Errno) {
        try requireWritable()
        try withParent(of: path) { (parent, name) throws(Errno) in
            try FileCalls.makeDirectory(name, in: parent, mode: Self.directoryMode)
        }
    }

    /// Removes an empty directory: `notDirectory` for anything else, a link to a directory too.
    public func removeDirectory(_ path: borrowing SandboxPath) throws(Errno) {
        try requireWritable()
        try withParent(of: path) { (parent, name) throws(Errno) in
            try FileCalls.remove(name, in: parent, isDirectory: true)
        }
    }

    /// Removes a name that isn't a directory: `isDirectory` for one, `notDirectory` for `file/`.
    public func removeFile(_ path: borrowing SandboxPath) throws(Errno) {
        try requireWritable()
        let mustBeDirectory = path.hasTrailingSlash
        try withParent(of: path) { (parent, name) throws(Errno) in
            if mustBeDirectory {
                throw try FileCalls.status(name, in: parent).kind == .directory ? .isDirectory : .notDirectory
            }
            try FileCalls.remove(name, in: parent, isDirectory: false)
        }
    }

    /// Makes a symbolic link that holds `target`.
    ///
    /// An absolute target is refused with `notPermitted` unless the directory is the guest's root. A relative one may
    /// point anywhere: it is refused when it is followed.
    public func makeLink(_ path: borrowing SandboxPath, to target: UnsafeRawBufferPointer) throws(Errno) {
        try requireWritable()
        let slash = UInt8(ascii: "/")
        guard let first = target.first else { throw .noSuchFile }
        if first == slash, confinement != .root { throw .notPermitted }
        let trailing = path.hasTrailingSlash
        try withParent(of: path) { (parent, name) throws(Errno) in
            if trailing { try refuseNewFileWithSlash(name, in: parent) }
            try withCopiedTarget(target) { (copy) throws(Errno) in
                try FileCalls.symbolicLink(to: copy, at: name, in: parent)
            }
        }
    }

    /// Gives a file a second name, in this directory or another.
    ///
    /// Both sides must be writable, since the second name would open a read-only file for writing: `crossDevice` when
    /// only one of them is, as between two mounts, so that programs copy instead.
    public func link(
        _ old: borrowing SandboxPath, to directory: OpenDirectory, _ new: borrowing SandboxPath
    ) throws(Errno) {
        try requireSameAccess(directory)
        let (oldSlash, newSlash) = (old.hasTrailingSlash, new.hasTrailingSlash)
        let source = try Place(of: old, in: self)
        let target = try Place(of: new, in: directory)
        if oldSlash { try requireDirectory(old.name, in: source.parent(self)) }
        if newSlash { try refuseNewFileWithSlash(new.name, in: target.parent(directory)) }
        try FileCalls.link(old.name, in: source.parent(self), to: new.name, in: target.parent(directory))
    }

    /// Moves a name, in this directory or to another; replaces what the new name meant, as rename(2) does.
    public func rename(
        _ old: borrowing SandboxPath, to directory: OpenDirectory, _ new: borrowing SandboxPath
    ) throws(Errno) {
        try requireSameAccess(directory)
        let mustBeDirectory = old.hasTrailingSlash || new.hasTrailingSlash
        let source = try Place(of: old, in: self)
        let target = try Place(of: new, in: directory)
        if mustBeDirectory { try requireDirectory(old.name, in: source.parent(self)) }
        try FileCalls.rename(old.name, in: source.parent(self), to: new.name, in: target.parent(directory))
    }
}

/// The directory of a path's last component, opened if it isn't the starting directory itself.
private struct Place: ~Copyable {
    private let opened: OwnedDescriptor?

    init(of path: borrowing SandboxPath, in directory: OpenDirectory) throws(Errno) {
        if let parent = path.parent {
            opened = try directory.resolve(parent, [.path, .directory])
        } else {
            opened = nil
        }
    }

    borrowing func parent(_ directory: OpenDirectory) -> Int32 {
        if let number = opened?.rawValue { number } else { directory.descriptor.rawValue }
    }
}

extension OpenDirectory {
    private func requireSameAccess(_ other: OpenDirectory) throws(Errno) {
        guard access == other.access else { throw .crossDevice }
        try requireWritable()
    }

    private func requireDirectory(_ name: UnsafePointer<CChar>, in parent: Int32) throws(Errno) {
        if try FileCalls.status(name, in: parent).kind != .directory { throw .notDirectory }
    }

    /// What the kernel says to `name/` where a file or link is to be made.
    private func refuseNewFileWithSlash(_ name: UnsafePointer<CChar>, in parent: Int32) throws(Errno) -> Never {
        _ = try FileCalls.status(name, in: parent)
        throw .exists
    }

    /// Lends a zero-terminated copy of a link's target: `invalid` with a zero byte inside, `nameTooLong` above 4,095.
    private func withCopiedTarget(
        _ target: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>) throws(Errno) -> Void
    ) throws(Errno) {
        guard target.count <= 4095 else { throw .nameTooLong }
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: target.count + 1) { (copy) throws(Errno) in
            for (index, byte) in target.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[target.count] = 0
            guard let start = copy.baseAddress, !copy.dropLast().contains(0) else { throw .invalid }
            try body(UnsafePointer(start))
        }
    }
}
