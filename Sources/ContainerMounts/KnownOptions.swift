import SystemCalls

/// The options that mount(8), runc and crun know.
public enum KnownOptions {
    /// One option: attributes that it sets, or clears.
    public struct Attribute: Sendable {
        var set: Mounts.Attributes = []
        var clear: Mounts.Attributes = []

        func apply(to change: inout MountOptions.Change) {
            // Of the ways to keep access times there is one: a new one replaces the last.
            change.set.subtract(clear)
            change.set.formUnion(set)
            change.clear.formUnion(clear)
            change.clear.subtract(set.subtracting(.accessTimeMask))
        }
    }

    static let attributes: [String: Attribute] = [
        "ro": Attribute(set: .readOnly), "rw": Attribute(clear: .readOnly),
        "nosuid": Attribute(set: .noSetUserID), "suid": Attribute(clear: .noSetUserID),
        "nodev": Attribute(set: .noDevices), "dev": Attribute(clear: .noDevices),
        "noexec": Attribute(set: .noExecution), "exec": Attribute(clear: .noExecution),
        "nosymfollow": Attribute(set: .noSymbolicLinks), "symfollow": Attribute(clear: .noSymbolicLinks),
        "nodiratime": Attribute(set: .noDirectoryAccessTimes), "diratime": Attribute(clear: .noDirectoryAccessTimes),
        "noatime": Attribute(set: .noAccessTimes, clear: .accessTimeMask),
        "strictatime": Attribute(set: .strictAccessTimes, clear: .accessTimeMask),
        "relatime": Attribute(clear: .accessTimeMask), "atime": Attribute(clear: .accessTimeMask),
        "nostrictatime": Attribute(clear: .accessTimeMask),
    ]

    static let recursiveAttributes: [String: Attribute] = [
        "rro": Attribute(set: .readOnly), "rrw": Attribute(clear: .readOnly),
        "rnosuid": Attribute(set: .noSetUserID), "rsuid": Attribute(clear: .noSetUserID),
        "rnodev": Attribute(set: .noDevices), "rdev": Attribute(clear: .noDevices),
        "rnoexec": Attribute(set: .noExecution), "rexec": Attribute(clear: .noExecution),
        "rnosymfollow": Attribute(set: .noSymbolicLinks), "rsymfollow": Attribute(clear: .noSymbolicLinks),
        "rnodiratime": Attribute(set: .noDirectoryAccessTimes), "rdiratime": Attribute(clear: .noDirectoryAccessTimes),
        "rnoatime": Attribute(set: .noAccessTimes, clear: .accessTimeMask),
        "rstrictatime": Attribute(set: .strictAccessTimes, clear: .accessTimeMask),
        "rrelatime": Attribute(clear: .accessTimeMask), "ratime": Attribute(clear: .accessTimeMask),
        "rnostrictatime": Attribute(clear: .accessTimeMask),
    ]

    static let propagations: [String: MountOptions.PropagationChange] = [
        "shared": .init(kind: .shared, isRecursive: false), "rshared": .init(kind: .shared, isRecursive: true),
        "slave": .init(kind: .slave, isRecursive: false), "rslave": .init(kind: .slave, isRecursive: true),
        "private": .init(kind: .private, isRecursive: false), "rprivate": .init(kind: .private, isRecursive: true),
        "unbindable": .init(kind: .unbindable, isRecursive: false),
        "runbindable": .init(kind: .unbindable, isRecursive: true),
    ]

    /// What a whole file system takes by this name; a bind has no say in them.
    static let superblock: Set<String> = ["sync", "dirsync", "lazytime", "mand", "iversion"]

    /// What a tmpfs takes and a bind has no say in: other runtimes let it pass there, and configurations have it.
    static let ofTemporary: Set<String> = ["mode", "size", "uid", "gid", "nr_blocks", "nr_inodes"]

    /// Accepted without effect: what a mount has anyway, and recursive forms of what a bind has no say in.
    private static let defaults = [
        "defaults", "async", "nolazytime", "nomand", "noiversion", "norelatime", "rnorelatime", "remount", "silent",
        "loud",
        "rsync", "rasync", "rdirsync", "rmand", "rnomand",
    ]

    /// What only mount(8) cares about.
    private static let ofTables: Set<String> = ["auto", "noauto", "user", "nouser", "_netdev", "nofail"]

    static func isIgnored(_ option: String) -> Bool {
        defaults.contains(option) || ofTables.contains(option) || option.hasPrefix("x-") || option.hasPrefix("X-")
    }

    /// Every name, for `features`.
    public static var names: [String] {
        let special = [
            "bind", "rbind", "tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow", "idmap", "ridmap",
        ]
        let all =
            Array(attributes.keys) + recursiveAttributes.keys + propagations.keys + superblock + special + defaults
        return all.sorted()
    }
}
