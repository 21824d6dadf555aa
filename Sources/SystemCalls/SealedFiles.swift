import CLinuxShims
import Glibc

/// Files that nobody can write to, to execute programs from.
public enum SealedFiles {
    /// Whether the file at a path can't be written whatever its permissions are: its mount is read-only, or it is a sealed file
    /// in memory.
    public static func isSealed(_ path: String) -> Bool {
        if martlet_mount_is_read_only(path) == 1 { return true }
        guard let file = try? Files.open(path, flags: .readOnly) else { return false }
        return martlet_memory_file_is_sealed(file.rawValue) == 1
    }

    /// A copy of a file in memory, sealed.
    public static func copy(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
        let source = try Files.open(path, flags: .readOnly)
        let name = "martlet"
        let copy = OwnedDescriptor(adopting: try checked("memfd_create", name) { martlet_memory_file(name) })
        while try checked("sendfile", path, { martlet_send_file(source.rawValue, copy.rawValue, 1 << 30) }) > 0 {}
        _ = try checked("fcntl", "F_ADD_SEALS") { martlet_memory_file_seal(copy.rawValue) }
        return copy
    }

    /// A file once more, on a mount of its own that is read-only and that no path leads to.
    public static func clone(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
        let file = try Files.open(path, flags: .path)
        let mount = try Mounts.copyTree(in: file.rawValue, recursive: false)
        try Mounts.change(mount.rawValue, set: .readOnly)
        return mount
    }
}
