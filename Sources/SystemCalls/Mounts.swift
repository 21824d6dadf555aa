import CLinuxShims

/// The mount calls that work on descriptors: a file system that no path leads to.
public enum Mounts {
    /// The MOUNT_ATTR_ bits.
    public struct Attributes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let readOnly = Attributes(rawValue: 0x1)
        public static let noSetUserID = Attributes(rawValue: 0x2)
        public static let noDevices = Attributes(rawValue: 0x4)
        public static let noExecution = Attributes(rawValue: 0x8)
    }

    /// fsopen(2): a file system of this type, to be configured.
    public static func openContext(type: String) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("fsopen", type) { martlet_fsopen(type) })
    }

    /// fsconfig(2): `key=value`.
    public static func configure(_ context: Int32, _ key: String, _ value: String) throws(SystemCallError) {
        _ = try checked("fsconfig", "\(key)=\(value)") { martlet_fsconfig_string(context, key, value) }
    }

    /// fsconfig(2): a flag by its name.
    public static func configure(_ context: Int32, _ flag: String) throws(SystemCallError) {
        _ = try checked("fsconfig", flag) { martlet_fsconfig_flag(context, flag) }
    }

    /// fsconfig(2) and fsmount(2): makes the file system and opens its root, mounted nowhere.
    public static func create(_ context: Int32, attributes: Attributes) throws(SystemCallError) -> OwnedDescriptor {
        _ = try checked("fsconfig", "create") { martlet_fsconfig_create(context) }
        return OwnedDescriptor(adopting: try checked("fsmount") { martlet_fsmount(context, attributes.rawValue) })
    }

    /// open_tree(2) and mount_setattr(2): an open directory once more, as a mount of its own with these attributes, mounted
    /// nowhere. What is mounted below the directory isn't part of it.
    public static func clone(_ directory: Int32, attributes: Attributes) throws(SystemCallError) -> OwnedDescriptor {
        let mount = try copyTree(in: directory, recursive: false)
        try change(mount.rawValue, set: attributes)
        // The clone is an O_PATH descriptor, which can't list the directory.
        return try Files.open(".", in: mount.rawValue, flags: [.readOnly, .directory])
    }
}
