import CLinuxShims
import Glibc

/// What the kernel keeps for each process and a configuration can ask for: capabilities, limits, scheduling.
public enum ProcessAttributes {
    /// The three capability sets of capset(2): bit n is capability n.
    public struct Capabilities: Equatable, Sendable {
        public var permitted: UInt64
        public var effective: UInt64
        public var inheritable: UInt64

        public init(permitted: UInt64, effective: UInt64, inheritable: UInt64) {
            self.permitted = permitted
            self.effective = effective
            self.inheritable = inheritable
        }
    }

    /// capget(2) of the calling thread.
    public static func capabilities() throws(SystemCallError) -> Capabilities {
        var sets = Capabilities(permitted: 0, effective: 0, inheritable: 0)
        _ = try checked("capget") {
            martlet_process_capabilities(&sets.permitted, &sets.effective, &sets.inheritable)
        }
        return sets
    }

    /// capset(2) of the calling thread.
    public static func setCapabilities(_ sets: Capabilities) throws(SystemCallError) {
        _ = try checked("capset") {
            martlet_process_set_capabilities(sets.permitted, sets.effective, sets.inheritable)
        }
    }

    /// Whether the kernel has this capability and the bounding set holds it; nil when the kernel doesn't know the number.
    public static func isBounding(_ capability: Int32) -> Bool? {
        let answer = martlet_prctl(23, UInt(UInt32(bitPattern: capability)), 0, 0, 0)
        return answer < 0 ? nil : answer == 1
    }

    /// Puts a capability of the permitted and inheritable sets into the ambient set (PR_CAP_AMBIENT_RAISE).
    public static func raiseAmbient(_ capability: Int32) throws(SystemCallError) {
        _ = try checked("prctl", "PR_CAP_AMBIENT_RAISE") {
            martlet_prctl(47, 2, UInt(UInt32(bitPattern: capability)), 0, 0)
        }
    }

    /// Whether a change of user leaves the permitted set alone (PR_SET_KEEPCAPS).
    public static func keepCapabilitiesAcrossUsers(_ keep: Bool) throws(SystemCallError) {
        _ = try checked("prctl", "PR_SET_KEEPCAPS") { martlet_prctl(8, keep ? 1 : 0, 0, 0, 0) }
    }

    /// setgroups(2), setresgid(2), setresuid(2), each alone: `Confinement.become` makes the three together.
    public static func setGroups(_ groups: [UInt32]) throws(SystemCallError) {
        _ = try checked("setgroups") { martlet_set_groups(groups, groups.count) }
    }
    /// setresgid(2), all three ids.
    public static func setGroup(_ group: UInt32) throws(SystemCallError) {
        _ = try checked("setresgid", String(group)) { martlet_set_group(group) }
    }
    /// setresuid(2), all three ids.
    public static func setUser(_ user: UInt32) throws(SystemCallError) {
        _ = try checked("setresuid", String(user)) { martlet_set_user(user) }
    }

    /// prlimit(2): the soft and hard limit; process 0 is the caller.
    public static func limit(
        _ resource: Int32, of process: Int32 = 0
    ) throws(SystemCallError) -> (soft: UInt64, hard: UInt64) {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        _ = try checked("prlimit64") { martlet_process_limit(process, resource, &soft, &hard) }
        return (soft, hard)
    }

    /// prlimit(2) that sets; raising a hard limit takes CAP_SYS_RESOURCE.
    public static func setLimit(
        _ resource: Int32, soft: UInt64, hard: UInt64, of process: Int32 = 0
    ) throws(SystemCallError) {
        _ = try checked("prlimit64") { martlet_process_set_limit(process, resource, soft, hard) }
    }

    /// What sched_setattr(2) takes; times are nanoseconds.
    public struct Scheduler: Equatable, Sendable {
        public var policy: UInt32 = 0
        public var flags: UInt64 = 0
        public var nice: Int32 = 0
        public var priority: UInt32 = 0
        public var runtime: UInt64 = 0
        public var deadline: UInt64 = 0
        public var period: UInt64 = 0
        public init() {}
    }

    /// sched_setattr(2).
    public static func setScheduler(_ scheduler: Scheduler, of process: Int32 = 0) throws(SystemCallError) {
        var raw = martlet_scheduler(
            policy: scheduler.policy, nice: scheduler.nice, priority: scheduler.priority, flags: scheduler.flags,
            runtime: scheduler.runtime, deadline: scheduler.deadline, period: scheduler.period)
        _ = try checked("sched_setattr") { martlet_process_set_scheduler(process, &raw) }
    }

    /// How a process shares processors and disks with others: its policy, niceness and io priority, as the kernel packs them.
    public struct Shares: Hashable, Sendable {
        public let policy: Int32
        public let niceness: Int32
        public let io: Int32

        /// - Parameter process: 0 is this one.
        public init(of process: Int32) throws(SystemCallError) {
            policy = try checked("sched_getscheduler") { martlet_process_policy(process) }
            niceness = 20 - (try checked("getpriority") { martlet_process_nice(process) })
            io = try checked("ioprio_get") { martlet_process_io_priority(process) }
        }
    }

    /// ioprio_set(2) of one process: the class in bits 13 to 15, the level below.
    public static func setIOPriority(_ value: Int32, of process: Int32 = 0) throws(SystemCallError) {
        _ = try checked("ioprio_set") { martlet_process_set_io_priority(1, process, value) }
    }

    /// sched_setaffinity(2): bit n of the bytes is processor n.
    public static func setAffinity(_ mask: [UInt8], of process: Int32 = 0) throws(SystemCallError) {
        _ = try checked("sched_setaffinity") { martlet_process_set_affinity(process, mask, mask.count) }
    }

    /// sched_getaffinity(2), for at most 8,192 processors.
    public static func affinity(of process: Int32 = 0) throws(SystemCallError) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: 1024)
        let count = try checked("sched_getaffinity") { martlet_process_affinity(process, &mask, 1024) }
        return Array(mask.prefix(Int(count)))
    }

    /// personality(2): the execution domain from now on.
    public static func setPersonality(_ personality: UInt) throws(SystemCallError) {
        _ = try checked("personality") { martlet_process_personality(personality) }
    }

    /// set_mempolicy(2): the mode with its flags, and the nodes, bit n of the words for node n.
    public static func setMemoryPolicy(_ mode: Int32, nodes: [UInt64]) throws(SystemCallError) {
        _ = try checked("set_mempolicy") { martlet_process_set_memory_policy(mode, nodes, UInt(nodes.count * 64)) }
    }

    /// Every signal gets its default disposition, and none is blocked.
    public static func resetSignals() { martlet_process_reset_signals() }

    /// Closes every descriptor from `first` on at the next execve(2).
    public static func closeOnExec(from first: UInt32) throws(SystemCallError) {
        _ = try checked("close_range", "from \(first)") { martlet_process_close_on_exec_from(first) }
    }

    /// memfd_create(2): a file without a name.
    public static func memoryFile(_ name: String) throws(SystemCallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try checked("memfd_create", name) { martlet_process_memory_file(name) })
    }
}
