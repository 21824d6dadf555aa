import CLinuxShims
import Glibc

/// The ways in which a process gives up privileges for good.
public enum Confinement {
    /// The highest capability number that any kernel can have in its 64-bit sets.
    public static let highestCapability: Int32 = 63

    /// From now on no execve(2) grants anything (PR_SET_NO_NEW_PRIVS).
    public static func refuseNewPrivileges() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_NO_NEW_PRIVS") { martlet_prctl(38, 1, 0, 0, 0) }
    }

    /// Takes a capability out of the bounding set; false when the kernel doesn't have that number.
    public static func dropFromBoundingSet(_ capability: Int32) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            _ = try checked("prctl", "PR_CAPBSET_DROP") { martlet_prctl(24, UInt(capability), 0, 0, 0) }
            return true
        } catch {
            if error.errno == .invalid { return false }
            throw error
        }
    }

    /// Empties the ambient set (PR_CAP_AMBIENT_CLEAR_ALL).
    public static func clearAmbientCapabilities() throws(SystemCallError) {
        _ = try checked("prctl", "PR_CAP_AMBIENT") { martlet_prctl(47, 4, 0, 0, 0) }
    }

    /// Empties the permitted, effective and inheritable sets.
    public static func clearCapabilities() throws(SystemCallError) {
        try ProcessAttributes.setCapabilities(.init(permitted: 0, effective: 0, inheritable: 0))
    }

    /// Leaves these of the permitted and effective sets, and empties the inheritable one.
    ///
    /// - Parameter kept: bit n is capability n; those that the process doesn't have stay away.
    public static func keepCapabilities(_ kept: UInt64) throws(SystemCallError) {
        let left = try ProcessAttributes.capabilities().permitted & kept
        try ProcessAttributes.setCapabilities(.init(permitted: left, effective: left, inheritable: 0))
    }

    /// chroot(2) into the working directory. Needs CAP_SYS_CHROOT.
    public static func makeWorkingDirectoryTheRoot() throws(SystemCallError) {
        _ = try checked("chroot", ".") { chroot(".") }
    }

    /// No core dump, and nobody without privileges may trace this process or read its memory (PR_SET_DUMPABLE).
    public static func refuseTracing() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_DUMPABLE") { martlet_prctl(4, 0, 0, 0, 0) }
    }

    /// Takes `refuseTracing` back: whoever has the same ids and capabilities may trace this process again.
    public static func allowTracing() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_DUMPABLE") { martlet_prctl(4, 1, 0, 0, 0) }
    }

    /// SIGKILL when the parent ends (PR_SET_PDEATHSIG). A change of user takes it back, so this comes after one.
    public static func dieWithParent() throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_PDEATHSIG") { martlet_prctl(1, UInt(SIGKILL), 0, 0, 0) }
    }

    /// setgroups(2), setresgid(2), setresuid(2), in the only order that works.
    public static func become(user: UInt32, group: UInt32, groups: [UInt32]) throws(SystemCallError) {
        try ProcessAttributes.setGroups(groups)
        try become(user: user, group: group)
    }

    /// setresgid(2) and setresuid(2); the supplementary groups stay.
    public static func become(user: UInt32, group: UInt32) throws(SystemCallError) {
        try ProcessAttributes.setGroup(group)
        try ProcessAttributes.setUser(user)
    }

    /// umask(2): takes these permissions away from what is created later, and says what it took before.
    @discardableResult
    public static func setFileModeMask(_ mask: UInt32) -> UInt32 { umask(mask) }

    /// fchdir(2).
    public static func changeDirectory(to descriptor: Int32) throws(SystemCallError) {
        _ = try checked("fchdir") { fchdir(descriptor) }
    }

    /// chdir(2).
    public static func changeDirectory(to path: String) throws(SystemCallError) {
        _ = try checked("chdir", path) { chdir(path) }
    }
}
