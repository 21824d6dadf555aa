/// A set of capabilities: bit n is capability n, as the kernel has it.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of one capability, by its C name, as in `CAP_CHOWN`; nil for a name that no kernel knows.
    public init?(name: String) {
        guard let number = Self.names.firstIndex(of: name) else { return nil }
        self.init(number: Int32(number))
    }

    init(number: Int32) { self.init(rawValue: 1 << UInt64(UInt32(bitPattern: number))) }

    /// All that have a name.
    public static let named = CapabilitySet(rawValue: 1 << UInt64(names.count) - 1)

    /// The numbers in it, ascending.
    public var numbers: [Int32] { (0..<64).filter { rawValue >> UInt64($0) & 1 == 1 } }

    /// The C names of what is in it; a number without a name is `CAP_` and the number.
    public var names: [String] {
        numbers.map { Int($0) < Self.names.count ? Self.names[Int($0)] : "CAP_\($0)" }
    }

    /// By number, from 0 (linux/capability.h, Linux 6.18).
    public static let names = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]
}
