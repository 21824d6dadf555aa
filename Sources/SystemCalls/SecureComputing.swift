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

    /// Puts a filter in force, for good. Needs no_new_privs.
    public static func install(_ program: [Instruction]) throws(SystemCallError) {
        guard let count = UInt16(exactly: program.count) else { throw SystemCallError("seccomp", nil, .invalid) }
        _ = try checked("seccomp", "\(count) instructions") {
            program.withUnsafeBufferPointer { buffer in
                // SAFETY: Instruction has the members of martlet_bpf_instruction in their order; the C side asserts that
                // this is the kernel's layout.
                buffer.withMemoryRebound(to: martlet_bpf_instruction.self) {
                    martlet_seccomp_filter($0.baseAddress, count)
                }
            }
        }
    }
}
