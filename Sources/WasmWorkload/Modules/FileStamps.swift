import SystemCalls

/// Whether the times of a file are this kernel's own: only then does `FileIdentity` stand for what the file holds.
///
/// On a file system that came with an image (loop devices, squashfs, erofs, FUSE) inode, size and times are what its maker
/// wrote, and the number of the device is given again after an unmount: two files of one identity can hold different code, and
/// who made one of them would choose what runs in place of the other.
public enum FileStamps {
    /// Keep their times themselves and are mounted from a device, or from memory; overlays show what they are mounted over.
    private static let types: [FilesystemType] = [.ext, .xfs, .btrfs, .f2fs, .tmpfs, .overlay]

    /// Majors of loop devices and of network block devices.
    private static let imageMajors: [UInt32] = [7, 43]

    /// For the launch path: one fstatfs(2). Enough to look a digest up, since what is remembered was looked at more closely.
    ///
    /// - Parameter status: the file's.
    public static func mayBeKernels(_ file: Int32, _ status: FileStatus) -> Bool {
        guard !imageMajors.contains(status.deviceNumber.major), let type = try? FilesystemType.of(file) else {
            return false
        }
        return types.contains(type)
    }

    /// Before a digest is remembered: whether all that the file's mount shows lies on file systems of this host's. What can't be
    /// made out, as the layers of an overlay that another mount namespace sees, doesn't.
    public static func areKernels(_ file: Int32) -> Bool {
        guard let table = try? MountTable() else { return false }
        return areKernels(file, table, depth: 0)
    }

    /// Overlays over overlays, at most; the kernel allows two.
    private static let depthLimit = 4

    private static func areKernels(_ file: Int32, _ table: MountTable, depth: Int) -> Bool {
        guard depth < depthLimit, let type = try? FilesystemType.of(file), types.contains(type),
            let mounted = try? MountedFile.of(file)
        else { return false }
        if type == .tmpfs { return true }
        if type == .ext || type == .xfs || type == .f2fs { return HostDevices.contain(mounted.device) }
        guard let mount = table.lines.first(where: { $0.number == mounted.mount && mounted.mount != 0 }) else {
            return false
        }
        guard type == .overlay else {
            // The device's number is the subvolume's own.
            guard let node = try? Files.open(mount.source, flags: [.path]),
                case .blockDevice(let device) = try? MountedFile.of(node.rawValue).kind
            else { return false }
            return HostDevices.contain(device)
        }
        guard let layers = OverlayLayers(mount) else { return false }
        return layers.paths.allSatisfy { path in
            guard let layer = layers.open(path) else { return false }
            return areKernels(layer.rawValue, table, depth: depth + 1)
        }
    }
}

/// The directories that an overlay shows, as its options name them.
struct OverlayLayers: Equatable {
    let paths: [String]
    /// Where relative ones can begin: who mounts with them does so from a folder above the mount or its upper layer.
    private let bases: [String]

    /// Pure. Nil when they can't be told for sure.
    init?(_ mount: MountTable.Line) {
        var lower: [String] = []
        var upper: String?
        for option in mount.options {
            guard let given = option.assignedValue else { continue }
            let value = MountTable.unescaped(given)
            // A name with a comma or a colon in it is written with one, in more than one way.
            guard !value.contains("\\") else { return nil }
            switch option.assignedName {
            case "lowerdir": lower += value.split(separator: ":").map(String.init)
            case "lowerdir+", "datadir+": lower.append(value)
            case "upperdir": upper = value
            default: break
            }
        }
        guard !lower.isEmpty, lower.count <= Self.limit else { return nil }
        paths = lower + (upper.map { [$0] } ?? [])
        // Descriptors of whoever mounted it.
        guard !paths.contains(where: { $0.hasPrefix("/proc/") }) else { return nil }
        bases = [mount.point, upper ?? ""].filter(\.isAbsolutePath).flatMap(Self.above)
    }

    /// More lower layers than the kernel allows.
    private static let limit = 512

    /// The folders above a path, the nearest first.
    private static func above(_ path: String) -> [String] {
        let parts = path.pathParts
        return (0..<parts.count).reversed().map { "/" + parts.prefix($0).joined(separator: "/") }
    }

    /// Opens a layer as a place.
    func open(_ path: String) -> OwnedDescriptor? {
        for candidate in path.isAbsolutePath ? [path] : bases.map({ "\($0)/\(path)" }) {
            if let layer = try? Files.open(candidate, flags: [.path, .directory]) { return layer }
        }
        return nil
    }
}
