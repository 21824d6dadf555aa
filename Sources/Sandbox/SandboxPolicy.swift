import SystemCalls

/// What a workload's process keeps; everything else it gives up for good by `apply()`.
///
/// Pure data, made in the parent; applied in the child after everything is opened and the module is mapped, before the guest.
public struct SandboxPolicy: Sendable {
    /// Descriptors that stay open besides 0, 1 and 2.
    public var keepDescriptors: [Int32]

    /// A directory that the guest was granted and that becomes the working directory; nil is `/`, which is an empty
    /// directory for a process with the privileges to make one, else the host's, where Landlock then opens nothing.
    public var workingDirectory: Int32?

    /// The empty directory that becomes the process's root.
    public var emptyDirectory: EmptyDirectory

    /// Permissions that a file made by the guest doesn't get; nil leaves them as they are.
    public var fileModeMask: UInt32?

    /// Whom the process becomes; nil when it stays who it is.
    public var user: UserIdentity?

    /// Files and directories that can still be opened. What stands in none of them can't be, by any path.
    public var paths: [PathRule]

    public var ports: PortRules
    public var landlock: LandlockDemand

    /// The system calls that are left; nil leaves all of them.
    public var seccomp: SeccompProfile?

    /// The process that must not be outlived: when it ends, this one is killed.
    public var diesWithParent: Int32?

    /// Where an empty directory for a root comes from.
    public enum EmptyDirectory: Hashable, Sendable {
        /// One is mounted for the process.
        case none
        /// One that is kept at a path, or may be made there.
        case path(String)
        /// One that `openEmptyDirectory` opened; closed when it has been entered.
        case opened(Int32)
    }

    /// Opens the directory that is kept at a path, made when it is missing; nil when there is none that is ours, empty and
    /// closed to writers.
    public static func openEmptyDirectory(_ path: String) -> OwnedDescriptor? { EmptyRoot.ownDirectory(path) }

    public init(
        keepDescriptors: [Int32] = [], workingDirectory: Int32? = nil, fileModeMask: UInt32? = 0o022,
        user: UserIdentity? = nil, paths: [PathRule] = [], ports: PortRules = .denied,
        landlock: LandlockDemand = .bestEffort, seccomp: SeccompProfile? = SeccompProfile(),
        diesWithParent: Int32? = nil
    ) {
        self.keepDescriptors = keepDescriptors
        emptyDirectory = .none
        self.workingDirectory = workingDirectory
        self.fileModeMask = fileModeMask
        self.user = user
        self.paths = paths
        self.ports = ports
        self.landlock = landlock
        self.seccomp = seccomp
        self.diesWithParent = diesWithParent
    }
}

/// What the operator should know about a sandbox that is in force.
public enum SandboxNote: Equatable, Sendable, CustomStringConvertible {
    /// The kernel has no Landlock: paths are confined by the descriptor-based host calls alone.
    case withoutLandlock
    /// The kernel's Landlock can't restrict TCP ports.
    case portsNotRestricted(version: Int32)

    /// What a sandbox will lack here; known before the process is forked.
    ///
    /// - Parameter restrictsPorts: whether the sandbox is to keep some TCP ports from it.
    public static func here(restrictsPorts: Bool) -> [SandboxNote] { of(version: Landlock.version, restrictsPorts) }

    /// Pure: by the version of the kernel's Landlock, 0 without one.
    static func of(version: Int32, _ restrictsPorts: Bool) -> [SandboxNote] {
        if version <= 0 { return [.withoutLandlock] }
        return restrictsPorts && version < LandlockDomain.portsVersion ? [.portsNotRestricted(version: version)] : []
    }

    public var description: String {
        switch self {
        case .withoutLandlock: "this kernel has no Landlock: the second wall around the file system is missing"
        case .portsNotRestricted(let version):
            "Landlock of this kernel has ABI \(version): the second wall around TCP ports (ABI 4) is missing"
        }
    }
}
