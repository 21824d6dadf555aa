import CLinuxShims
import Glibc

/// A file and the mount that it is seen through, as statx(2) tells.
public struct MountedFile: Equatable, Sendable {
    /// The number of the mount; 0 when the kernel doesn't tell (before 5.8).
    public var mount: UInt64
    public var inode: UInt64
    /// Of the file system.
    public var device: DeviceNumber
    public var kind: Kind
    /// Permission bits with set-id and sticky.
    public var permissions: UInt32
    public var isMountRoot: Bool

    /// What the file is; a device with its number.
    public enum Kind: Hashable, Sendable {
        case regular, directory, symbolicLink, pipe, socket, unknown
        case characterDevice(DeviceNumber)
        case blockDevice(DeviceNumber)
    }

    /// statx(2) of what a descriptor means, also one opened with O_PATH.
    public static func of(_ descriptor: Int32) throws(SystemCallError) -> MountedFile {
        var file = martlet_mounted_file()
        _ = try checked("statx") { martlet_mounted_file_of(descriptor, &file) }
        let node = DeviceNumber(major: file.node_major, minor: file.node_minor)
        let kind: Kind =
            switch file.mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice(node)
            case S_IFBLK: .blockDevice(node)
            default: .unknown
            }
        return MountedFile(
            mount: file.mount, inode: file.inode,
            device: DeviceNumber(major: file.device_major, minor: file.device_minor), kind: kind,
            permissions: file.mode & 0o7777, isMountRoot: file.is_mount_root != 0)
    }
}

/// The two numbers of a device.
public struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    public var major: UInt32
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    public var description: String { "\(major):\(minor)" }
}
