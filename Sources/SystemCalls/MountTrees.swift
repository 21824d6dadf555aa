import CLinuxShims
import Glibc

// Mounts of a container's tree, each by its descriptor: opened, changed, and moved onto a verified target.

extension Mounts.Attributes {
    public static let noAccessTimes = Mounts.Attributes(rawValue: 0x10)
    public static let strictAccessTimes = Mounts.Attributes(rawValue: 0x20)
    /// All bits of the three ways to keep access times; none of them is `relatime`. Cleared when one of them is set.
    public static let accessTimeMask = Mounts.Attributes(rawValue: 0x70)
    public static let noDirectoryAccessTimes = Mounts.Attributes(rawValue: 0x80)
    /// The ids of files are those that a user namespace maps them to.
    public static let idMapped = Mounts.Attributes(rawValue: 0x10_0000)
    public static let noSymbolicLinks = Mounts.Attributes(rawValue: 0x20_0000)
}

extension Mounts {
    /// How what is mounted below a mount shows at its copies, by the MS_ bits.
    public enum Propagation: UInt64, Hashable, Sendable {
        case unbindable = 0x20000
        case `private` = 0x40000
        case slave = 0x80000
        case shared = 0x100000
    }

    /// open_tree(2) with OPEN_TREE_CLONE: what stands at a path once more, as a mount that is mounted nowhere.
    ///
    /// - Parameter path: empty for the descriptor itself.
    public static func copyTree(
        _ path: String = "", in directory: Int32 = Files.currentDirectory, recursive: Bool, followLinks: Bool = true
    ) throws(SystemCallError) -> OwnedDescriptor {
        let flags: UInt32 = 1 | (recursive ? 0x8000 : 0) | (path.isEmpty ? 0x1000 : 0) | (followLinks ? 0 : 0x100)
        return OwnedDescriptor(
            adopting: try checked("open_tree", path.isEmpty ? nil : path) { martlet_tree_open(directory, path, flags) })
    }

    /// move_mount(2): mounts a descriptor's mount onto what another descriptor means, whatever its path is by now.
    public static func move(_ mount: Int32, onto target: Int32) throws(SystemCallError) {
        _ = try checked("move_mount") { martlet_tree_move(mount, target) }
    }

    /// mount_setattr(2) on a mount by its root's descriptor. `EINVAL` when the descriptor isn't the root of a mount.
    ///
    /// - Parameter userNamespace: for `.idMapped`.
    public static func change(
        _ mount: Int32, set: Attributes = [], clear: Attributes = [], propagation: Propagation? = nil,
        recursive: Bool = false, userNamespace: Int32 = -1
    ) throws(SystemCallError) {
        _ = try checked("mount_setattr") {
            martlet_tree_change(
                mount, recursive ? 0x8000 : 0, UInt64(set.rawValue), UInt64(clear.rawValue),
                propagation?.rawValue ?? 0, userNamespace)
        }
    }

    /// What the kernel has to say of the last failure on a context of `openContext`, in one line.
    public static func complaint(of context: Int32) -> String? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
        defer { buffer.deallocate() }
        guard let count = try? Files.read(context, into: buffer), count > 2 else { return nil }
        // "e tmpfs: Bad value for 'size'": the first letter is the level.
        let text = String(decoding: buffer[2..<count], as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init)
    }

    /// pivot_root(".", "."): the working directory becomes the root, and the old root stands on top of it.
    public static func pivotIntoWorkingDirectory() throws(SystemCallError) {
        _ = try checked("pivot_root", ".") { martlet_pivot_root(".", ".") }
    }

    /// umount2(2) of the working directory with MNT_DETACH.
    public static func detachWorkingDirectory() throws(SystemCallError) {
        _ = try checked("umount2", ".") { martlet_unmount(".", lazily) }
    }

    /// umount2(2) with MNT_DETACH and UMOUNT_NOFOLLOW.
    public static func detach(_ path: String) throws(SystemCallError) {
        _ = try checked("umount2", path) { martlet_unmount(path, lazily | 8) }
    }

    private static let lazily: Int32 = 2
}
