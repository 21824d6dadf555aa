import CLinuxShims
import Glibc

/// Device nodes, made by name in a verified directory.
public enum DeviceNodes {
    /// mknodat(2): never follows a link, `EEXIST` for whatever has the name. The umask takes away from the permissions.
    ///
    /// - Parameter kind: a device or a pipe; anything else is `EINVAL`.
    public static func make(
        _ kind: MountedFile.Kind, _ name: String, in directory: Int32, permissions: UInt32
    ) throws(SystemCallError) {
        let bits: UInt32
        var number = DeviceNumber(major: 0, minor: 0)
        switch kind {
        case .characterDevice(let device):
            bits = S_IFCHR
            number = device
        case .blockDevice(let device):
            bits = S_IFBLK
            number = device
        case .pipe: bits = S_IFIFO
        case .regular, .directory, .symbolicLink, .socket, .unknown: throw SystemCallError("mknodat", name, .invalid)
        }
        _ = try checked("mknodat", name) {
            martlet_make_node(directory, name, bits | permissions & 0o7777, number.major, number.minor)
        }
    }

    /// fchownat(2) with AT_EMPTY_PATH: gives away what the descriptor means, also one opened with O_PATH.
    public static func setOwner(of descriptor: Int32, user: UInt32, group: UInt32) throws(SystemCallError) {
        _ = try checked("fchownat") { martlet_give_node(descriptor, user, group) }
    }

    /// symlinkat(2).
    public static func makeLink(
        to target: String, at name: String, in directory: Int32
    ) throws(SystemCallError) {
        _ = try checked("symlinkat", name) { symlinkat(target, directory, name) }
    }
}

/// The working directory as the kernel sees it.
public enum WorkingDirectory {
    /// Whether its path leads from this process's root to it: false when it lies outside of the root or was removed.
    public static func isInsideRoot() throws(SystemCallError) -> Bool {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 4096)
        defer { buffer.deallocate() }
        do throws(SystemCallError) {
            _ = try checked("getcwd") { martlet_working_directory(buffer, 4096) }
        } catch {
            if error.errno == .noSuchFile { return false }
            throw error
        }
        // Outside it would begin with "(unreachable)".
        return buffer[0] == 0x2f
    }
}
