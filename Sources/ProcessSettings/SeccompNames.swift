import CSeccomp
import OCISpec

// What libseccomp calls the names of config.json.

extension LinuxSeccomp.Action {
    /// EPERM, for an action with a number that none was given for.
    static let defaultNumber: UInt16 = 1

    /// SCMP_ACT_ of seccomp.h: the kernel's SECCOMP_RET_ values.
    func value(_ number: UInt16?) -> UInt32 {
        let number = UInt32(number ?? Self.defaultNumber)
        return switch self {
        case .kill, .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno: 0x0005_0000 | number
        case .notify: 0x7FC0_0000
        case .trace: 0x7FF0_0000 | number
        case .log: 0x7FFC_0000
        case .allow: 0x7FFF_0000
        }
    }

    /// Whether a call without a rule goes through, or a tracer decides.
    var isPermissive: Bool {
        switch self {
        case .allow, .log, .trace: true
        case .kill, .killProcess, .killThread, .trap, .errno, .notify: false
        }
    }
}

extension LinuxSeccomp.Operator {
    var value: scmp_compare {
        switch self {
        case .notEqual: SCMP_CMP_NE
        case .less: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greater: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}

extension LinuxSeccomp.Architecture {
    /// As seccomp_arch_resolve_name(3) knows it, by which an older library can say that it doesn't.
    var libraryName: String { String(rawValue.dropFirst("SCMP_ARCH_".count)).lowercased() }
}
