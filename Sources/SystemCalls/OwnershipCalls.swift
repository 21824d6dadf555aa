import CLinuxShims
import Glibc

/// Calls that set who owns a file, what may be done with it, and its extended attributes; see `FileCalls`.
public enum OwnershipCalls {
    /// fchown(2). Clears set-id bits and `security.capability`: call it before those are set.
    public static func setOwner(of descriptor: Int32, user: UInt32, group: UInt32) throws(Errno) {
        try FileCalls.succeed { fchown(descriptor, user, group) }
    }

    /// fchownat(2); a symbolic link is changed itself.
    public static func setOwner(
        _ name: UnsafePointer<CChar>, in directory: Int32, user: UInt32, group: UInt32
    ) throws(Errno) {
        try FileCalls.succeed { fchownat(directory, name, user, group, AT_SYMLINK_NOFOLLOW) }
    }

    /// fchmod(2): the umask has no say.
    public static func setPermissions(of descriptor: Int32, _ permissions: UInt32) throws(Errno) {
        try FileCalls.succeed { fchmod(descriptor, permissions) }
    }

    /// fchmodat(3) that refuses a symbolic link; glibc does it through a verified descriptor and needs /proc.
    public static func setPermissions(
        _ name: UnsafePointer<CChar>, in directory: Int32, _ permissions: UInt32
    ) throws(Errno) {
        try FileCalls.succeed { fchmodat(directory, name, permissions, AT_SYMLINK_NOFOLLOW) }
    }

    /// What mknodat(2) makes.
    public enum Node: Sendable, Hashable {
        case pipe
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
    }

    /// mknodat(2) with no permission for anybody.
    public static func makeNode(_ node: Node, _ name: UnsafePointer<CChar>, in directory: Int32) throws(Errno) {
        switch node {
        case .pipe:
            try FileCalls.succeed { mknodat(directory, name, S_IFIFO, 0) }
        case .characterDevice(let major, let minor):
            try FileCalls.succeed { mknodat(directory, name, S_IFCHR, martlet_makedev(major, minor)) }
        case .blockDevice(let major, let minor):
            try FileCalls.succeed { mknodat(directory, name, S_IFBLK, martlet_makedev(major, minor)) }
        }
    }

    /// The major and minor number of a device node.
    public static func deviceNumbers(_ status: FileStatus) -> (major: UInt32, minor: UInt32) {
        (martlet_device_major(status.raw.st_rdev), martlet_device_minor(status.raw.st_rdev))
    }

    /// fsetxattr(2): makes or replaces.
    public static func setAttribute(
        of descriptor: Int32, _ name: UnsafePointer<CChar>, to value: UnsafeRawBufferPointer
    ) throws(Errno) {
        try FileCalls.succeed { martlet_fsetxattr(descriptor, name, value.baseAddress, value.count) }
    }

    /// fremovexattr(2).
    public static func removeAttribute(of descriptor: Int32, _ name: UnsafePointer<CChar>) throws(Errno) {
        try FileCalls.succeed { martlet_fremovexattr(descriptor, name) }
    }

    /// fgetxattr(2), at most 64 KiB, which is the kernel's own limit.
    public static func attribute(of descriptor: Int32, _ name: UnsafePointer<CChar>) throws(Errno) -> [UInt8] {
        try bytes { martlet_fgetxattr(descriptor, name, $0.baseAddress, $0.count) }
    }

    /// flistxattr(2): the full names.
    public static func attributes(of descriptor: Int32) throws(Errno) -> [[UInt8]] {
        try bytes { martlet_flistxattr(descriptor, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
            .split(separator: 0).map { Array($0) }
    }

    private static func bytes(_ call: (UnsafeMutableRawBufferPointer) -> Int) throws(Errno) -> [UInt8] {
        // Most files have none: ask for the size first.
        guard try FileCalls.count({ call(UnsafeMutableRawBufferPointer(start: nil, count: 0)) }) > 0 else { return [] }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        return Array(buffer[..<(try FileCalls.count { call(buffer) })])
    }
}
