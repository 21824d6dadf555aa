import CLinuxShims

/// Which file system lies at a path, by the number that statfs(2) gives.
public struct FilesystemType: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Control groups, version 2.
    public static let unifiedGroups = FilesystemType(rawValue: 0x6367_7270)
    /// Control groups, version 1.
    public static let legacyGroups = FilesystemType(rawValue: 0x0027_e0eb)

    public static let proc = FilesystemType(rawValue: 0x9fa0)
    public static let sysfs = FilesystemType(rawValue: 0x6265_6572)

    /// The second, third and fourth of the family are one.
    public static let ext = FilesystemType(rawValue: 0xef53)
    public static let xfs = FilesystemType(rawValue: 0x5846_5342)
    public static let btrfs = FilesystemType(rawValue: 0x9123_683e)
    public static let f2fs = FilesystemType(rawValue: 0xf2f5_2010)
    public static let tmpfs = FilesystemType(rawValue: 0x0102_1994)
    public static let overlay = FilesystemType(rawValue: 0x794c_7630)

    /// statfs(2). Symbolic links are followed.
    public static func of(_ path: String) throws(SystemCallError) -> FilesystemType {
        var type: Int64 = 0
        _ = try checked("statfs", path) { martlet_filesystem_type(path, &type) }
        return FilesystemType(rawValue: type)
    }

    /// fstatfs(2).
    public static func of(_ descriptor: Int32) throws(SystemCallError) -> FilesystemType {
        var type: Int64 = 0
        _ = try checked("fstatfs") { martlet_descriptor_filesystem(descriptor, &type) }
        return FilesystemType(rawValue: type)
    }
}
