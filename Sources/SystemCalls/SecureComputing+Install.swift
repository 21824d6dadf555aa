import CLinuxShims

extension SecureComputing {
    /// The SECCOMP_FILTER_FLAG_ bits.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let threadSynchronization = Flags(rawValue: 1 << 0)
        public static let log = Flags(rawValue: 1 << 1)
        public static let allowSpeculation = Flags(rawValue: 1 << 2)
        public static let newListener = Flags(rawValue: 1 << 3)
        public static let waitKillableReceive = Flags(rawValue: 1 << 5)
    }

    /// The most instructions that the kernel takes (BPF_MAXINSNS).
    public static let instructionLimit = 4096
    /// Bytes of one instruction.
    public static let instructionSize = 8

    public static func kernelKnows(_ flags: Flags) -> Bool { martlet_process_knows_filter_flags(flags.rawValue) == 1 }

    /// Puts a filter in force, for good, and returns the listener's descriptor when the flags ask for one.
    ///
    /// Needs no_new_privs or CAP_SYS_ADMIN. Allocates nothing once the filter is in force.
    /// - Parameter program: whole instructions as `struct sock_filter` has them.
    public static func install(_ program: [UInt8], flags: Flags) throws(SystemCallError) -> OwnedDescriptor? {
        let (count, rest) = program.count.quotientAndRemainder(dividingBy: instructionSize)
        guard count > 0, count <= instructionLimit, rest == 0 else { throw SystemCallError("seccomp", nil, .invalid) }
        let result = program.withUnsafeBytes {
            martlet_process_install_filter($0.baseAddress, UInt16(count), flags.rawValue)
        }
        if result < 0 { throw SystemCallError("seccomp") }
        return flags.contains(.newListener) ? OwnedDescriptor(adopting: result) : nil
    }
}
