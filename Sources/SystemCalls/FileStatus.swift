import CLinuxShims
import Glibc

/// What fstat(2) tells of a file.
public struct FileStatus: Sendable {
    /// The kinds of file, by the S_IFMT bits.
    public enum Kind: Sendable {
        case regular, directory, symbolicLink, characterDevice, blockDevice, pipe, socket, unknown
    }

    public let raw: stat

    public init(raw: stat) { self.raw = raw }

    /// fstat(2), also of a descriptor opened with O_PATH.
    public static func of(_ descriptor: Int32) throws(SystemCallError) -> FileStatus {
        var status = stat()
        _ = try checked("fstat") { martlet_status(descriptor, &status) }
        return FileStatus(raw: status)
    }

    /// By path below a directory; a symbolic link at the end is followed only when asked.
    public static func of(
        _ path: String, in directory: Int32 = Files.currentDirectory, followLinks: Bool = false
    ) throws(SystemCallError) -> FileStatus {
        var status = stat()
        _ = try checked("fstatat", path) {
            fstatat(directory, path, &status, followLinks ? 0 : AT_SYMLINK_NOFOLLOW)
        }
        return FileStatus(raw: status)
    }

    public var kind: Kind {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        case S_IFIFO: .pipe
        case S_IFSOCK: .socket
        default: .unknown
        }
    }

    /// Bytes.
    public var size: Int64 { Int64(raw.st_size) }
    /// Bytes on the disk: fewer than `size` when the file has holes.
    public var allocated: Int64 { Int64(raw.st_blocks) &* 512 }
    public var device: UInt64 { UInt64(raw.st_dev) }
    /// The same as two numbers.
    public var deviceNumber: DeviceNumber {
        DeviceNumber(
            major: UInt32(truncatingIfNeeded: device >> 8 & 0xfff | device >> 32 & 0xffff_f000),
            minor: UInt32(truncatingIfNeeded: device & 0xff | device >> 12 & 0xffff_ff00))
    }
    public var inode: UInt64 { UInt64(raw.st_ino) }
    public var links: UInt64 { UInt64(raw.st_nlink) }
    public var owner: UInt32 { raw.st_uid }
    public var group: UInt32 { raw.st_gid }
    /// The permission bits with set-id and sticky, without the kind.
    public var permissions: UInt32 { raw.st_mode & 0o7777 }
    /// Nanoseconds since the epoch.
    public var modified: Int64 { nanoseconds(raw.st_mtim) }
    /// Nanoseconds since the epoch.
    public var changed: Int64 { nanoseconds(raw.st_ctim) }
    /// Nanoseconds since the epoch.
    public var accessed: Int64 { nanoseconds(raw.st_atim) }
}

/// Nanoseconds since the epoch, wrapping far outside of any date a file can have.
func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
