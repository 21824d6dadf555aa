import CLinuxShims
import Glibc

/// The kinds of namespaces, by their CLONE_NEW flags.
public struct NamespaceKinds: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let time = NamespaceKinds(rawValue: 0x80)
    public static let mount = NamespaceKinds(rawValue: 0x2_0000)
    public static let cgroup = NamespaceKinds(rawValue: 0x200_0000)
    public static let uts = NamespaceKinds(rawValue: 0x400_0000)
    public static let ipc = NamespaceKinds(rawValue: 0x800_0000)
    public static let user = NamespaceKinds(rawValue: 0x1000_0000)
    public static let pid = NamespaceKinds(rawValue: 0x2000_0000)
    public static let network = NamespaceKinds(rawValue: 0x4000_0000)
}

/// Namespaces: made, joined, told apart.
public enum Namespaces {
    /// unshare(2).
    public static func unshare(_ kinds: NamespaceKinds) throws(SystemCallError) {
        _ = try checked("unshare") { martlet_unshare(Int32(truncatingIfNeeded: kinds.rawValue)) }
    }

    /// setns(2): joins the namespace of a file, or these namespaces of a process by its pidfd.
    public static func join(_ descriptor: Int32, _ kinds: NamespaceKinds) throws(SystemCallError) {
        _ = try checked("setns") { martlet_setns(descriptor, Int32(truncatingIfNeeded: kinds.rawValue)) }
    }

    /// What kind of namespace a file is; nil for any other file.
    public static func kind(of descriptor: Int32) -> NamespaceKinds? {
        let kind = martlet_namespace_kind(descriptor)
        return kind < 0 ? nil : NamespaceKinds(rawValue: UInt64(UInt32(bitPattern: kind)))
    }

    /// Brings the loopback interface of this process's network namespace up.
    public static func raiseLoopback() throws(SystemCallError) {
        _ = try checked("ioctl", "SIOCSIFFLAGS lo") { martlet_loopback_up() }
    }

    /// sethostname(2), for this process's UTS namespace.
    public static func setHostName(_ name: String) throws(SystemCallError) {
        _ = try checked("sethostname", name) { martlet_sethostname(name, name.utf8.count) }
    }

    /// setdomainname(2), for this process's UTS namespace.
    public static func setDomainName(_ name: String) throws(SystemCallError) {
        _ = try checked("setdomainname", name) { martlet_setdomainname(name, name.utf8.count) }
    }
}

extension Processes {
    /// What became of a clone.
    public enum Clone: ~Copyable {
        case parent(child: Int32, pidfd: OwnedDescriptor)
        case child
    }

    /// clone3(2) as a fork into new namespaces. The caller must have one thread; the child has to end by `exit(_:)`.
    ///
    /// - Parameters:
    ///   - asSibling: makes the caller's parent the parent (CLONE_PARENT).
    ///   - cgroup: a directory of the v2 hierarchy in which the child begins.
    public static func clone(
        into kinds: NamespaceKinds, asSibling: Bool = false, cgroup: Int32? = nil
    ) throws(SystemCallError) -> Clone {
        var pidfd: Int32 = -1
        let flags = kinds.rawValue | (asSibling ? siblingFlag : 0)
        let process = try checked("clone3") { martlet_clone(flags, &pidfd, cgroup ?? -1) }
        return process == 0 ? .child : .parent(child: process, pidfd: OwnedDescriptor(adopting: pidfd))
    }

    /// CLONE_PARENT.
    private static let siblingFlag: UInt64 = 0x8000

    /// A new session keyring (keyctl(2)), so that keys of the caller's session aren't the container's.
    public static func joinSessionKeyring(_ name: String) throws(SystemCallError) {
        _ = try checked("keyctl", name) { martlet_join_session_keyring(name) }
    }

    /// Ends with 128 and the number when this signal comes. The kernel ends every process so by itself but the first of a
    /// pid namespace.
    public static func exitOnSignal(_ number: Int32) throws(SystemCallError) {
        _ = try checked("rt_sigaction", String(number)) { martlet_exit_on_signal(number) }
    }

    /// Takes `Confinement.dieWithParent` back.
    public static func outliveParent() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_PDEATHSIG") { martlet_prctl(1, 0, 0, 0, 0) }
    }

    /// Ends as killed (137) after this time, unless the process ended before.
    public static func exit(afterMilliseconds time: UInt64) throws(SystemCallError) {
        _ = try checked("setitimer") { martlet_alarm_exit(time) }
    }
}
