import SystemCalls

/// What is mounted over paths that a container must not see: for directories one empty file system many times, for files the
/// container's null device.
struct Masks: ~Copyable {
    private let paths: ContainerPaths
    private let label: String?
    /// The empty file system, mounted at the first directory; -1 before.
    private var directory: Int32 = -1
    /// What covers files; -1 before the first.
    private var file: Int32 = -1

    static let nullDevice = MountedFile.Kind.characterDevice(DeviceNumber(major: 1, minor: 3))

    init(paths: ContainerPaths, label: String?) {
        self.paths = paths
        self.label = label
    }

    deinit {
        if directory >= 0 { _ = OwnedDescriptor(adopting: directory) }
        if file >= 0 { _ = OwnedDescriptor(adopting: file) }
    }

    /// A path that isn't there needs no mask.
    mutating func mask(_ path: String) throws(SystemCallError) {
        guard let target = try ContainerRoot.existing(path, paths) else { return }
        switch try MountedFile.of(target.rawValue).kind {
        case .directory: try maskDirectory(target.rawValue)
        // Masked before, under the same or another name.
        case Self.nullDevice: return
        case .regular, .symbolicLink, .pipe, .socket, .unknown, .characterDevice, .blockDevice:
            if file < 0 { file = try fileMask().release() }
            let tree = try Mounts.copyTree(in: file, recursive: false)
            try Mounts.move(tree.rawValue, onto: target.rawValue)
        }
    }

    private mutating func maskDirectory(_ target: Int32) throws(SystemCallError) {
        if directory >= 0 {
            let again = try Mounts.copyTree(in: directory, recursive: false)
            return try Mounts.move(again.rawValue, onto: target)
        }
        let empty = try emptyFileSystem([.readOnly, .noSetUserID, .noDevices, .noExecution])
        try Mounts.move(empty.rawValue, onto: target)
        directory = empty.release()
    }

    private func emptyFileSystem(_ attributes: Mounts.Attributes) throws(SystemCallError) -> OwnedDescriptor {
        let context = try Mounts.openContext(type: "tmpfs")
        try Mounts.configure(context.rawValue, "nr_blocks", "1")
        // The root and, for the mask of files, one file. Some kernels refuse a single one.
        try Mounts.configure(context.rawValue, "nr_inodes", "2")
        try Mounts.configure(context.rawValue, "mode", "0755")
        if let label { try Mounts.configure(context.rawValue, "context", label) }
        return try Mounts.create(context.rawValue, attributes: attributes)
    }

    /// The container's null device, if it is the real one: an image or a volume may have anything by that name. Else an empty
    /// file that nobody can write.
    private func fileMask() throws(SystemCallError) -> OwnedDescriptor {
        if let null = try? Self.openNull(in: paths.root, flags: .path) { return null }
        let memory = try emptyFileSystem([.noSetUserID, .noDevices, .noExecution])
        try Files.open("empty", in: memory.rawValue, flags: [.writeOnly, .create, .exclusive], mode: 0o444).close()
        try Mounts.change(memory.rawValue, set: .readOnly)
        return try Files.open("empty", in: memory.rawValue, flags: [.path, .noFollow])
    }

    /// Opens the container's /dev/null, without following a link to it. Anything but the null device is `ENXIO`.
    static func openNull(in root: Int32, flags: OpenFlags) throws(SystemCallError) -> OwnedDescriptor {
        // A look first: to open a device or a pipe can do something.
        let node = try ContainerPaths(root: root).openWithoutLinks("dev/null")
        guard try MountedFile.of(node.rawValue).kind == nullDevice else {
            throw SystemCallError("openat2", "/dev/null", .noSuchDevice)
        }
        if flags == .path { return node }
        let null = try Files.open(
            "dev/null", in: root, flags: flags.union(.noFollow), resolve: [.inRoot, .noMagicLinks, .noSymbolicLinks])
        guard try MountedFile.of(null.rawValue).kind == nullDevice else {
            throw SystemCallError("openat2", "/dev/null", .noSuchDevice)
        }
        return null
    }
}
