import CLinuxShims

/// Landlock: rules that a process puts on itself and can never take off again (landlock(7)).
public enum Landlock {
    /// The ABI of this kernel; 0 when it has none or it isn't enabled.
    public static var version: Int32 { max(0, martlet_landlock_version()) }

    /// What may be done with a file or below a directory: the LANDLOCK_ACCESS_FS_ bits.
    public struct FileRights: OptionSet, Hashable, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        public static let execute = FileRights(rawValue: 1 << 0)
        public static let writeFile = FileRights(rawValue: 1 << 1)
        public static let readFile = FileRights(rawValue: 1 << 2)
        public static let readDirectory = FileRights(rawValue: 1 << 3)
        public static let removeDirectory = FileRights(rawValue: 1 << 4)
        public static let removeFile = FileRights(rawValue: 1 << 5)
        public static let makeCharacterDevice = FileRights(rawValue: 1 << 6)
        public static let makeDirectory = FileRights(rawValue: 1 << 7)
        public static let makeRegular = FileRights(rawValue: 1 << 8)
        public static let makeSocket = FileRights(rawValue: 1 << 9)
        public static let makePipe = FileRights(rawValue: 1 << 10)
        public static let makeBlockDevice = FileRights(rawValue: 1 << 11)
        public static let makeSymbolicLink = FileRights(rawValue: 1 << 12)
        /// Linking and renaming between directories; from ABI 2.
        public static let refer = FileRights(rawValue: 1 << 13)
        /// From ABI 3.
        public static let truncate = FileRights(rawValue: 1 << 14)
        /// From ABI 5.
        public static let deviceControl = FileRights(rawValue: 1 << 15)

        /// Every right that an ABI can handle.
        public static func known(to version: Int32) -> FileRights {
            // ABI 1 handles 13 kinds of access; 2, 3 and 5 added one each.
            let bits = version <= 0 ? 0 : version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16
            return FileRights(rawValue: (1 << UInt64(bits)) - 1)
        }
    }

    /// The LANDLOCK_ACCESS_NET_ bits; from ABI 4.
    public struct NetworkRights: OptionSet, Hashable, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        public static let bindTCP = NetworkRights(rawValue: 1 << 0)
        public static let connectTCP = NetworkRights(rawValue: 1 << 1)
    }

    /// What may not leave the own domain: the LANDLOCK_SCOPE_ bits; from ABI 6.
    public struct Scopes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        public static let abstractSockets = Scopes(rawValue: 1 << 0)
        public static let signals = Scopes(rawValue: 1 << 1)
    }

    /// A set of rules: whatever of the handled rights no rule allows is refused once it is in force.
    public static func createRuleset(
        files: FileRights, network: NetworkRights, scopes: Scopes
    ) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try checked("landlock_create_ruleset") {
                martlet_landlock_create(files.rawValue, network.rawValue, scopes.rawValue)
            })
    }

    /// Allows rights on an open file, or on everything below an open directory.
    public static func allow(
        _ rights: FileRights, beneath descriptor: Int32, in ruleset: Int32
    ) throws(SystemCallError) {
        _ = try checked("landlock_add_rule", "descriptor \(descriptor)") {
            martlet_landlock_allow_path(ruleset, descriptor, rights.rawValue)
        }
    }

    /// Allows rights on a TCP port.
    public static func allow(_ rights: NetworkRights, port: UInt16, in ruleset: Int32) throws(SystemCallError) {
        _ = try checked("landlock_add_rule", "port \(port)") {
            martlet_landlock_allow_port(ruleset, UInt64(port), rights.rawValue)
        }
    }

    /// Puts the rules in force for this thread and what it starts. Needs no_new_privs.
    public static func restrict(to ruleset: Int32) throws(SystemCallError) {
        _ = try checked("landlock_restrict_self") { martlet_landlock_restrict(ruleset) }
    }
}
