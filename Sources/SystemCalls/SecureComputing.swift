import CLinuxShims

/// seccomp(2): a program of classic BPF that decides about each system call.
public enum SecureComputing {
    /// One instruction: the kernel's `struct sock_filter`.
    @frozen
    public struct Instruction: Equatable, Sendable {
        public var code: UInt16
        public var jumpTrue: UInt8
        public var jumpFalse: UInt8
        public var operand: UInt32

        @inlinable
        public init(_ code: UInt16, _ operand: UInt32, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0) {
            self.code = code
            self.operand = operand
            self.jumpTrue = jumpTrue
            self.jumpFalse = jumpFalse
        }
    }

    /// AUDIT_ARCH_ of the machine that this program was compiled for.
    public static var architecture: UInt32 {
        #if arch(x86_64)
            0xC000_003E
        #elseif arch(arm64)
            0xC000_00B7
        #else
            #error("no seccomp architecture is known for this machine")
        #endif
    }

    /// The SECCOMP_FILTER_FLAG_ bits.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let log = Flags(rawValue: 1 << 1)
        public static let allowSpeculation = Flags(rawValue: 1 << 2)
        public static let newListener = Flags(rawValue: 1 << 3)
        public static let waitKillableReceive = Flags(rawValue: 1 << 5)
    }

    /// The most instructions that the kernel takes (BPF_MAXINSNS).
    public static let instructionLimit = 4096
    /// Bytes of one instruction.
    public static let instructionSize = 8

    /// Whether the kernel knows all of these flags.
    public static func kernelKnows(_ flags: Flags) -> Bool { martlet_process_knows_filter_flags(flags.rawValue) == 1 }

    /// Puts a filter in force, for good. Needs no_new_privs or CAP_SYS_ADMIN.
    public static func install(_ program: [Instruction]) throws(SystemCallError) {
        // SAFETY: Instruction is frozen and has the members of struct sock_filter in their order: a short, two bytes, an int.
        _ = try install(count: program.count) { count in
            program.withUnsafeBytes { martlet_process_install_filter($0.baseAddress, count, 0) }
        }
    }

    /// Puts a filter in force, for good, and returns the listener's descriptor when the flags ask for one.
    ///
    /// Needs no_new_privs or CAP_SYS_ADMIN. Allocates nothing once the filter is in force.
    /// - Parameter program: whole instructions as `struct sock_filter` has them.
    public static func install(_ program: [UInt8], flags: Flags) throws(SystemCallError) -> OwnedDescriptor? {
        let (count, rest) = program.count.quotientAndRemainder(dividingBy: instructionSize)
        guard rest == 0 else { throw SystemCallError("seccomp", nil, .invalid) }
        let result = try install(count: count) { count in
            program.withUnsafeBytes { martlet_process_install_filter($0.baseAddress, count, flags.rawValue) }
        }
        return flags.contains(.newListener) ? OwnedDescriptor(adopting: result) : nil
    }

    private static func install(count: Int, _ call: (UInt16) -> Int32) throws(SystemCallError) -> Int32 {
        guard count > 0, count <= instructionLimit else { throw SystemCallError("seccomp", nil, .invalid) }
        let result = call(UInt16(count))
        if result < 0 { throw SystemCallError("seccomp", "\(count) instructions") }
        return result
    }
}
