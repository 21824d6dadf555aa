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
        let (allowsAbsolute, trailing) = (confinement == .root, path.hasTrailingSlash)
        try withCopiedTarget(target) { (copy) throws(Errno) in
            if copy.pointee == CChar(UInt8(ascii: "/")), !allowsAbsolute { throw .notPermitted }
            try withParent(of: path) { (parent, name) throws(Errno) in
                if trailing { throw try errnoOfNewName(name, in: parent) }
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
        let source = try ParentDirectory(of: old, in: self)
        let target = try ParentDirectory(of: new, in: directory)
        if oldSlash { try requireDirectory(old.name, in: source.number) }
        if newSlash { throw try errnoOfNewName(new.name, in: target.number) }
        try FileCalls.link(old.name, in: source.number, to: new.name, in: target.number)
    }

    /// Moves a name, in this directory or to another; replaces what the new name meant, as rename(2) does.
    public func rename(
        _ old: borrowing SandboxPath, to directory: OpenDirectory, _ new: borrowing SandboxPath
    ) throws(Errno) {
        try requireSameAccess(directory)
        let mustBeDirectory = old.hasTrailingSlash || new.hasTrailingSlash
        let source = try ParentDirectory(of: old, in: self)
        let target = try ParentDirectory(of: new, in: directory)
        if mustBeDirectory { try requireDirectory(old.name, in: source.number) }
        try FileCalls.rename(old.name, in: source.number, to: new.name, in: target.number)
    }
}

/// The directory of a path's last component, opened if it isn't the starting directory itself.
private struct ParentDirectory: ~Copyable {
    /// Valid as long as this value and the starting directory.
    let number: Int32
    private let opened: OwnedDescriptor?

    init(of path: borrowing SandboxPath, in directory: OpenDirectory) throws(Errno) {
        guard let parent = path.parent else {
            number = directory.descriptor.rawValue
            opened = nil
            return
        }
        let parentDirectory = try directory.resolve(parent, [.path, .directory])
        number = parentDirectory.rawValue
        opened = consume parentDirectory
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
    private func errnoOfNewName(_ name: UnsafePointer<CChar>, in parent: Int32) throws(Errno) -> Errno {
        _ = try FileCalls.status(name, in: parent)
        return .exists
    }

    /// Lends a zero-terminated copy of a link's target: `noSuchFile` for an empty one, `invalid` with a zero byte
    /// inside, `nameTooLong` above 4,095 bytes.
    private func withCopiedTarget(
        _ target: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>) throws(Errno) -> Void
    ) throws(Errno) {
        guard !target.isEmpty else { throw .noSuchFile }
        guard target.count <= 4095 else { throw .nameTooLong }
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: target.count + 1) { (copy) throws(Errno) in
            for (index, byte) in target.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[target.count] = 0
            guard let start = copy.baseAddress, !copy.dropLast().contains(0) else { throw .invalid }
            try body(UnsafePointer(start))
        }
    }
}
