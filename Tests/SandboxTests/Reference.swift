import CSeccomp
import FilterMachine
import SystemCalls

@testable import Sandbox

/// The unconditional part of a profile, made by libseccomp.
enum Reference {
    struct Failed: Error {}

    static func program(_ profile: SeccompProfile) throws -> [SecureComputing.Instruction] {
        // Calls that no rule names get the first action: SCMP_ACT_ERRNO(ENOSYS).
        guard let filter = seccomp_init(0x0005_0000 | 38) else { throw Failed() }
        defer { seccomp_release(filter) }
        let table = profile.table
        for number in 0..<VerdictTable.size {
            guard case .always(let outcome) = table[SystemCallNumber(rawValue: UInt32(number))] else { continue }
            if outcome == .refuse(.notImplemented) { continue }
            guard seccomp_rule_add_array(filter, action(outcome), Int32(number), 0, nil) == 0 else { throw Failed() }
        }
        return try export(filter)
    }

    /// SCMP_ACT_ of an outcome; the values are the kernel's SECCOMP_RET_.
    private static func action(_ outcome: Verdict.Outcome) -> UInt32 {
        switch outcome {
        case .allow: 0x7FFF_0000
        case .refuse(let errno): 0x0005_0000 | UInt32(errno.rawValue)
        case .kill: 0x8000_0000
        }
    }

    private static func export(_ filter: scmp_filter_ctx) throws -> [SecureComputing.Instruction] {
        let pipe = try Descriptors.pipe()
        guard seccomp_export_bpf(filter, pipe.write.rawValue) == 0 else { throw Failed() }
        let reader = pipe.keepRead()
        let bytes = try Files.readAll(reader.rawValue, limit: 1 << 16)
        return FilterMachine(bytes: bytes).program
    }
}
