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
    /// The file systems of both that are ours.
    private var covers: [DeviceNumber] = []

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
        let found = try MountedFile.of(target.rawValue)
        // Masked before, under the same or another name.
        if covers.contains(found.device) { return }
        switch found.kind {
        case .directory: try maskDirectory(path, target.rawValue)
        case Self.nullDevice: return
        case .regular, .symbolicLink, .pipe, .socket, .unknown, .characterDevice, .blockDevice:
            try maskFile(path, target.rawValue)
        }
    }

    private mutating func maskFile(_ path: String, _ target: Int32) throws(SystemCallError) {
        if file < 0 {
            // An image or a volume may have anything by that name: it has to be the real one.
            if let null = try? Self.openNull(in: paths.root, flags: .path) {
                file = null.release()
            } else {
                let empty = try emptyFile()
                try paths.cover(path, target, with: empty.rawValue)
                covers.append(try MountedFile.of(empty.rawValue).device)
                file = empty.release()
                return
            }
        }
        let tree = try Mounts.copyTree(in: file, recursive: false)
        try paths.cover(path, target, with: tree.rawValue)
    }

    private mutating func maskDirectory(_ path: String, _ target: Int32) throws(SystemCallError) {
        if directory >= 0 {
            let again = try Mounts.copyTree(in: directory, recursive: false)
            return try paths.cover(path, target, with: again.rawValue)
        }
        let empty = try emptyFileSystem([.readOnly, .noSetUserID, .noDevices, .noExecution])
        try paths.cover(path, target, with: empty.rawValue)
        covers.append(try MountedFile.of(empty.rawValue).device)
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

    /// A file that is empty and stays so, mounted nowhere: for a container without a null device.
    private func emptyFile() throws(SystemCallError) -> OwnedDescriptor {
        let memory = try emptyFileSystem([.noSetUserID, .noDevices, .noExecution])
        try Files.open("empty", in: memory.rawValue, flags: [.writeOnly, .create, .exclusive], mode: 0o444).close()
        try Mounts.change(memory.rawValue, set: .readOnly)
        do throws(SystemCallError) {
            let file = try Files.open("empty", in: memory.rawValue, flags: [.path, .noFollow])
            return try Mounts.copyTree(in: file.rawValue, recursive: false)
        } catch {
            guard error.errno == .invalid else { throw error }
        }
        // Before Linux 6.15 only of what is mounted can a part be mounted again: it stands over the root for a moment.
        try Mounts.move(memory.rawValue, onto: paths.root)
        let file = try Files.open("empty", in: memory.rawValue, flags: [.path, .noFollow])
        let tree = try Mounts.copyTree(in: file.rawValue, recursive: false)
        try Confinement.changeDirectory(to: memory.rawValue)
        try Mounts.detachWorkingDirectory()
        try Confinement.changeDirectory(to: "/")
        return tree
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
